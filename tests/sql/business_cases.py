#!/usr/bin/env python3
"""Writes tests/sql/business_cases.tsv: questions about business time with their answers, worked out without the program.

The method is the definition itself: an instant is open when its wall clock (Python's zoneinfo) lies in the hours and its
date is no holiday. Seconds are counted by walking along UTC; where the offset is the same at both ends of a minute, the
minute's 60 seconds are judged at once by their wall clock, else one by one. No intervals are laid out and no sums kept, so
it shares neither code nor idea with calendar_spans.

    tests/sql/business_cases.py > tests/sql/business_cases.tsv
"""
import datetime as dt
import functools
import json
import random
import sys
import zoneinfo

UTC = dt.timezone.utc
DAYS = "mon tue wed thu fri sat sun".split()
OFFICE = {d: [["09:00", "17:00"]] for d in DAYS[:5]}
ALWAYS = {d: [["00:00", "24:00"]] for d in DAYS}
# name, zone, hours, holidays, a moment around which its questions lie
CALENDARS = [
    ("office ny fold", "America/New_York", OFFICE, ["2026-11-26"], "2026-10-31"),
    ("office ny gap", "America/New_York", OFFICE, [], "2027-03-13"),
    ("night ny fold", "America/New_York", {"sat": [["22:00", "06:00"]], "sun": [["22:00", "06:00"]]}, [], "2026-10-31"),
    ("night ny gap", "America/New_York", {"sat": [["22:00", "06:00"]], "sun": [["22:00", "06:00"]]}, [], "2027-03-13"),
    ("inside the gap", "America/New_York", {"sun": [["02:10", "02:50"]], "mon": [["09:00", "10:00"]]}, [], "2027-03-12"),
    ("inside the fold", "America/New_York", {"sun": [["01:10", "01:50"]]}, [], "2026-10-30"),
    ("ends in the gap", "Europe/Paris", {"sun": [["00:00", "02:30"]], "mon": [["08:00", "09:00"]]}, [], "2027-03-27"),
    ("half-hour gap", "Australia/Lord_Howe", {"sun": [["01:00", "03:00"]], "tue": [["10:00", "16:00"]]}, [], "2026-10-02"),
    ("half-hour fold", "Australia/Lord_Howe", {"sun": [["01:00", "03:00"]], "tue": [["10:00", "16:00"]]}, [], "2027-04-02"),
    ("split shifts", "Europe/London", {d: [["08:00", "12:00"], ["13:00", "17:30"]] for d in DAYS[:5]}, ["2026-12-25", "2026-12-28"], "2026-12-23"),
    ("three shifts", "Asia/Kolkata", {d: [["06:00", "10:15"], ["11:00", "14:00"], ["22:30", "02:00"]] for d in DAYS[:6]}, ["2026-11-09"], "2026-11-06"),
    ("always", "America/St_Johns", ALWAYS, [], "2026-10-31"),
    ("always but holidays", "America/Sao_Paulo", ALWAYS, ["2026-11-20", "2026-11-02"], "2026-11-01"),
    ("a day that never was", "Pacific/Apia", ALWAYS, ["2011-12-31"], "2011-12-28"),
    ("a law that ends", "Europe/Moscow", {**OFFICE, "sun": [["00:30", "02:30"]]}, [], "2014-10-24"),
    ("half an hour for good", "Asia/Pyongyang", {"fri": [["22:00", "03:00"]], "sun": [["10:00", "12:00"]]}, [], "2018-05-04"),
    ("ramadan", "Africa/Casablanca", {**{d: [["08:30", "16:30"]] for d in DAYS[:5]}, "sun": [["01:00", "04:00"]]}, [], "2024-03-09"),
    ("midnight fold", "Africa/Cairo", {"thu": [["20:00", "04:00"]], "fri": [["23:00", "24:00"]]}, [], "2025-10-29"),
    ("two-hour change", "Antarctica/Troll", {"sun": [["00:00", "06:00"]]}, [], "2027-03-27"),
    ("one second", "Asia/Kathmandu", {"wed": [["12:00:00", "12:00:01"]]}, [], "2026-11-17"),
    ("touching", "Asia/Tehran", {"sat": [["08:00", "12:00"], ["12:00", "16:00"]], "sun": [["22:00", "24:00"]], "mon": [["00:00", "03:00"]]}, [], "2026-11-21"),
]


def seconds_of(text):
    parts = [int(p) for p in text.split(":")] + [0]
    return parts[0] * 3600 + parts[1] * 60 + parts[2]


class Calendar:
    def __init__(self, zone, hours, holidays):
        self.zone = zoneinfo.ZoneInfo(zone)
        self.hours = {DAYS.index(d): [(seconds_of(a), seconds_of(b)) for a, b in v] for d, v in hours.items()}
        self.holidays = {dt.date.fromisoformat(h) for h in holidays}
        self.edges = {e % 86400 for v in self.hours.values() for pair in v for e in pair}

    @functools.lru_cache(maxsize=None)
    def is_open_wall(self, date, second):
        if date in self.holidays:
            return False
        day, before = date.weekday(), (date.weekday() - 1) % 7
        return any(a <= second and (second < b or b <= a) for a, b in self.hours.get(day, [])) or \
            any(b <= a and second < b for a, b in self.hours.get(before, []))

    def is_open(self, epoch):
        wall = dt.datetime.fromtimestamp(epoch, UTC).astimezone(self.zone)
        return self.is_open_wall(wall.date(), wall.hour * 3600 + wall.minute * 60 + wall.second)

    @functools.lru_cache(maxsize=None)
    def minute(self, minute):
        """Whether all of a minute is open (True), closed (False), or mixed (None: ask each second)."""
        first = dt.datetime.fromtimestamp(minute * 60, UTC).astimezone(self.zone)
        last = dt.datetime.fromtimestamp(minute * 60 + 59, UTC).astimezone(self.zone)
        begin = first.hour * 3600 + first.minute * 60 + first.second
        if first.utcoffset() != last.utcoffset() or any(begin < e < begin + 60 for e in self.edges) or begin > 86340:
            return None
        return self.is_open_wall(first.date(), begin)

    def walk(self, start, step):
        """Open seconds from start on, as (begin, count) pieces no longer than a minute; step -1 walks back."""
        at = start
        while True:
            minute = at // 60 if step > 0 else (at - 1) // 60
            edge = (minute + 1) * 60 if step > 0 else minute * 60
            whole = self.minute(minute)
            if whole is not None:
                if whole:
                    yield min(at, edge), abs(edge - at)
                at = edge
            else:
                while at != edge:
                    second = at if step > 0 else at - 1
                    if self.is_open(second):
                        yield second, 1
                    at += step

    def due(self, start, wanted):
        if wanted == 0:
            return start
        for begin, count in self.walk(start, 1):
            if count >= wanted:
                return begin + wanted
            wanted -= count

    def breach(self, start, wanted):
        """The last instant with no more than that used: where the next second would be spent."""
        for begin, count in self.walk(start, 1):
            if count > wanted:
                return begin + wanted
            wanted -= count

    def before(self, end, wanted):
        if wanted == 0:
            return end
        for begin, count in self.walk(end, -1):
            if count >= wanted:
                return begin + count - wanted
            wanted -= count

    def elapsed(self, start, end):
        if end < start:
            return -self.elapsed(end, start)
        total = 0
        for begin, count in self.walk(start, 1):
            if begin >= end:
                return total
            total += min(count, end - begin)
            if begin + count >= end:
                return total


def stamp(epoch):
    return dt.datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main():
    rng = random.Random(20261122)
    print("calendar\ttime_zone\thours\tholidays\taround\tstart_at\tseconds\tto_at\tdue_at\tbreach_at\tbefore_at\telapsed")
    for name, zone, hours, holidays, around in CALENDARS:
        calendar = Calendar(zone, hours, holidays)
        middle = int(dt.datetime.fromisoformat(around + "T12:00:00+00:00").timestamp())
        for i in range(40):
            start = middle + rng.randrange(-2 * 86400, 4 * 86400)
            if i % 4 == 0:
                start -= start % 900  # where hours begin and end
            seconds = rng.choice([0, 1, 59, 60, 1800, 3600, 7200, 14400, 28800, 28801, rng.randrange(1, 90000)])
            if name == "one second":
                seconds = rng.randrange(0, 4)
            to = start + rng.randrange(-3 * 86400, 9 * 86400)
            definition = [zone, json.dumps(hours, separators=(",", ":")), "{%s}" % ",".join(holidays), around]
            print(name, *(definition if i == 0 else [""] * 4), stamp(start), seconds, stamp(to),
                  stamp(calendar.due(start, seconds)), stamp(calendar.breach(start, seconds)),
                  stamp(calendar.before(start, seconds)), calendar.elapsed(start, to), sep="\t")


if __name__ == "__main__":
    sys.exit(main())
