# advocated - see README.md. GNU make; everything that is made goes to $(BUILD).
#
#   make               the daemon: build/advocated
#   make demo          everything, played in about a minute
#   make check         all tests
#   make help          every target

VERSION = 0.1.0
SHELL = /bin/bash

prefix = /usr/local
exec_prefix = $(prefix)
sbindir = $(exec_prefix)/sbin
sysconfdir = /etc
datarootdir = $(prefix)/share
mandir = $(datarootdir)/man
docdir = $(datarootdir)/doc/advocated
libdir = $(exec_prefix)/lib
systemdsystemunitdir = $(prefix)/lib/systemd/system
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
# systemd looks nowhere else.
catalogdir = /usr/lib/systemd/catalog
bashcompletiondir = $(datarootdir)/bash-completion/completions
INSTALL = install
INSTALL_PROGRAM = $(INSTALL) -m 755
INSTALL_DATA = $(INSTALL) -m 644

BUILD = build
CC = gcc
PKG_CONFIG = pkg-config
CFLAGS = -O2 -g
LDFLAGS =

# What the code needs, whatever the user's CFLAGS say.
PACKAGES = libcurl jansson libpq libevent libsystemd libcrypto inih
PACKAGE_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null)
# libcsv brings no .pc file.
PACKAGE_LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null) -lcsv -pthread
DIALECT = -std=c17 -D_GNU_SOURCE -pthread -DADVOCATED_VERSION='"$(VERSION)"' -DADVOCATED_SYSCONFDIR='"$(sysconfdir)"'
WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wundef \
	-Wvla -Wcast-qual -Wwrite-strings -Wnull-dereference -Wimplicit-fallthrough
HARDENING = -fstack-protector-strong -fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero -fPIE
HARDENING_LDFLAGS = -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed
ifdef WERROR
WARNINGS += -Werror
endif
ifdef SANITIZE
HARDENING += -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
HARDENING_LDFLAGS += -fsanitize=address,undefined
else
HARDENING += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
endif
# Quiet unless V=1.
ifdef V
SAY = @:
DO =
else
SAY = @printf '  %-5s %s\n'
DO = @
endif
COMPILE = $(DO)$(CC) $(DIALECT) $(WARNINGS) $(HARDENING) $(PACKAGE_CFLAGS) $(CFLAGS) -MMD -MP
LINK = $(DO)$(CC) $(HARDENING) $(CFLAGS) $(HARDENING_LDFLAGS) $(LDFLAGS)

CONNECTOR_SOURCES := $(wildcard connectors/*.c)
DAEMON_SOURCES := $(filter-out daemon/main.c,$(wildcard daemon/*.c))
SANDBOX_SOURCES := $(wildcard tests/sandbox/*.c)
UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
BENCH_SOURCES := $(wildcard tests/bench/*.c)
SQL_FILES := $(sort $(wildcard sql/migrations/*.sql sql/functions/*.sql sql/views/*.sql sql/*.sql))
MANUALS := $(patsubst docs/%.scd,$(BUILD)/%,$(wildcard docs/*.scd)) $(BUILD)/advocacy-schema.7

CONNECTOR_OBJECTS = $(CONNECTOR_SOURCES:%.c=$(BUILD)/%.o)
DAEMON_OBJECTS = $(DAEMON_SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/sql_files.o $(BUILD)/message_ids.o
SANDBOX_OBJECTS = $(SANDBOX_SOURCES:%.c=$(BUILD)/%.o)
UNIT_TESTS = $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/unit/%)
BENCHES = $(BENCH_SOURCES:tests/bench/%.c=$(BUILD)/bench/%)

.DELETE_ON_ERROR:
.PHONY: all help deps check check-unit check-sql check-integration check-asan check-valgrind check-headers check-tidy \
	check-crash check-memory check-orders lint format demo run bench bench-risk bench-clocks bench-match fuzz install uninstall installcheck deb dist clean distclean manuals

all: $(BUILD)/advocated

help:
	@echo 'all (default)   build/advocated'
	@echo 'deps            install the Debian packages that building and testing need'
	@echo 'demo            the whole thing, played in about a minute against a sandbox'
	@echo 'run             the same set-up kept running, for your own configuration (CONFIG=FILE)'
	@echo 'check           unit, SQL and integration tests; check-unit, check-sql, check-integration'
	@echo 'check-asan      the same under AddressSanitizer and UBSan; check-valgrind: the unit tests'
	@echo 'check-orders    SLA clocks in 100,000 random orders of events (ORDERS, SEED, see tests/orders)'
	@echo 'bench           what the machine can, what a script would do, what the daemon does (ACCOUNTS=200000'
	@echo '                LATENCY="0 100" TRANSPORT="plain tls" ROUNDS=3, see tests/bench/sync)'
	@echo 'bench-risk      what judging costs among 1,000,000 accounts (ACCOUNTS, ADVOCATES, ROUNDS, see tests/bench/risk)'
	@echo 'bench-clocks    due dates a second, 100,000 open clocks, how late alerts are; bench-match: 100,000 advocates'
	@echo 'check-headers check-tidy lint format fuzz'
	@echo 'deb             the Debian package: build/deb/advocated_VERSION_ARCH.deb'
	@echo 'install uninstall installcheck dist clean distclean, with prefix and DESTDIR'

deps:
	tests/install-packages

# --- the program -------------------------------------------------------------------------------------------

$(BUILD)/advocated: $(BUILD)/daemon/main.o $(BUILD)/libadvocated.a
	$(SAY) LINK $@
	$(LINK) -o $@ $^ $(PACKAGE_LIBS)

$(BUILD)/libadvocated.a: $(CONNECTOR_OBJECTS) $(DAEMON_OBJECTS)
	$(SAY) AR $@
	@rm -f $@
	$(DO)ar rcs $@ $^

# connectors/ sees an include path in which there is no daemon/: an arrow that points up does not compile.
$(BUILD)/alone/connectors:
	@mkdir -p $(@D)
	$(DO)ln -sfn $(CURDIR)/connectors $@

$(BUILD)/connectors/%.o: connectors/%.c | $(BUILD)/alone/connectors
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(COMPILE) -I$(BUILD)/alone -c -o $@ $<

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(COMPILE) -I. -c -o $@ $<

# The program carries its SQL: `advocated migrate` needs no files.
$(BUILD)/sql_files.c: sql/embed $(SQL_FILES) Makefile
	@mkdir -p $(@D)
	$(DO)sql/embed $(CURDIR) > $@

$(BUILD)/daemon/shipped.o: etc/messages.conf etc/samples.json

$(BUILD)/sql_files.o: $(BUILD)/sql_files.c
	$(SAY) CC $<
	$(COMPILE) -I. -c -o $@ $<

# The journal's catalog is the truth about which event has which identifier.
$(BUILD)/message_ids.c: systemd/advocated.catalog Makefile
	@mkdir -p $(@D)
	$(DO)awk 'BEGIN { print "#include <stddef.h>\n#include \"daemon/message_id.h\"\nconst struct message_id message_ids[] = {" } \
		/^# event: / { event = $$3 } /^-- / { printf "\t{ \"%s\", \"%s\" },\n", event, $$2 } \
		END { print "\t{ NULL, NULL },\n};" }' $< > $@

$(BUILD)/message_ids.o: $(BUILD)/message_ids.c
	$(SAY) CC $<
	$(COMPILE) -I. -c -o $@ $<

manuals: $(MANUALS)

$(BUILD)/%: docs/%.scd
	@mkdir -p $(@D)
	$(SAY) MAN $@
	$(DO)scdoc < $< > $@

$(BUILD)/advocacy-schema.7: docs/schema-manual $(SQL_FILES)
	@mkdir -p $(@D)
	$(SAY) MAN $@
	$(DO)set -o pipefail; docs/schema-manual $(SQL_FILES) | scdoc > $@

# --- tests -------------------------------------------------------------------------------------------------

$(BUILD)/sandbox: $(SANDBOX_OBJECTS)
	$(SAY) LINK $@
	$(LINK) -o $@ $^ -levent_openssl -levent -ljansson -lssl -lcrypto -lz

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libadvocated.a
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(COMPILE) -I. -MF $@.d -o $@ $< $(HARDENING_LDFLAGS) $(LDFLAGS) $(BUILD)/libadvocated.a $(PACKAGE_LIBS) -lcmocka

$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/libadvocated.a
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(COMPILE) -I. -MF $@.d -o $@ $< $(HARDENING_LDFLAGS) $(LDFLAGS) $(BUILD)/libadvocated.a $(PACKAGE_LIBS)

# One closing line with the counts, whatever was run.
check: all $(BUILD)/sandbox $(UNIT_TESTS) check-headers
	SLOW=yes tests/run-tests $(BUILD) unit sql integration

check-unit: $(UNIT_TESTS)
	tests/run-tests $(BUILD) unit

check-sql: all
	SLOW=yes tests/run-tests $(BUILD) sql

check-integration: all $(BUILD)/sandbox
	SLOW=yes tests/run-tests $(BUILD) integration

check-asan:
	$(MAKE) BUILD=$(BUILD)/asan SANITIZE=1 CFLAGS='-O1 -g' check

check-valgrind: $(UNIT_TESTS) all $(BUILD)/sandbox
	SLOW=yes VALGRIND=1 tests/run-tests $(BUILD) unit integration

# 100,000 random orders of events on the clocks (ORDERS, SEED): some 20 minutes of processor time.
check-orders: all
	tests/orders $(BUILD)

# Every header compiles alone.
check-headers:
	@for header in connectors/*.h daemon/*.h; do \
		$(CC) $(DIALECT) $(WARNINGS) -Werror $(PACKAGE_CFLAGS) -I. -fsyntax-only -x c $$header || exit 1; \
	done

check-tidy:
	clang-tidy --quiet --warnings-as-errors='*' $(CONNECTOR_SOURCES) $(DAEMON_SOURCES) daemon/main.c -- \
		$(DIALECT) $(PACKAGE_CFLAGS) -I.

lint: check-headers check-tidy
	cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
		-D'json_array_foreach(array, index, value)=while ((index = 0, value = json_array_get(array, index)))' \
		-D'json_object_foreach(object, key, value)=while ((key = "", value = json_object_get(object, key)))' \
		--suppress=missingIncludeSystem -I. $(CONNECTOR_SOURCES) $(DAEMON_SOURCES)
	clang-format --dry-run --Werror $(CONNECTOR_SOURCES) $(DAEMON_SOURCES) connectors/*.h daemon/*.h
	@# SC2034, SC2154: variables that expressions for until_ use, or that lib.sh sets.
	shellcheck -S warning -e SC2034,SC2154 tests/run-tests tests/orders tests/install-packages tests/pgbox tests/sdbox tests/play tests/integration/*.sh tests/systemd/*.sh sql/embed .ci/run

format:
	clang-format -i connectors/*.[ch] daemon/*.[ch] tests/sandbox/*.[ch] tests/unit/*.[ch] tests/fuzz/*.c tests/bench/*.c

fuzz: all
	tests/fuzz/run $(BUILD)

bench: all $(BUILD)/sandbox $(BENCHES)
	tests/bench/run $(BUILD)

bench-risk: all
	tests/bench/risk $(BUILD)

bench-clocks: all
	tests/bench/clocks $(BUILD)

bench-match: all
	tests/bench/match $(BUILD)

demo:
	@tests/install-packages --quiet
	@$(MAKE) --no-print-directory -s all $(BUILD)/sandbox
	@tests/play demo $(BUILD)

run:
	@tests/install-packages --quiet
	@$(MAKE) --no-print-directory -s all $(BUILD)/sandbox
	@tests/play run $(BUILD) $(CONFIG)

# --- installation ------------------------------------------------------------------------------------------

SAMPLES = advocated.conf policy.conf mapping/salesforce.conf mapping/hubspot.conf mapping/gainsight.conf
# What is installed besides the configuration, so that uninstall knows; the service's own root folder is a skeleton of
# mount points.
INSTALLED = $(sbindir)/advocated $(docdir)/README.md $(docdir)/messages.conf $(systemdsystemunitdir)/advocated.service \
	$(systemdsystemunitdir)/advocated-metrics.socket $(sysusersdir)/advocated.conf $(tmpfilesdir)/advocated.conf \
	$(catalogdir)/advocated.catalog $(bashcompletiondir)/advocated $(docdir)/prometheus/advocated.rules.yml \
	$(docdir)/prometheus/advocated-dashboard.json \
	$(patsubst $(BUILD)/%,$(mandir)/man5/%,$(filter %.5,$(MANUALS))) \
	$(patsubst $(BUILD)/%,$(mandir)/man7/%,$(filter %.7,$(MANUALS))) \
	$(patsubst $(BUILD)/%,$(mandir)/man8/%,$(filter %.8,$(MANUALS)))
SERVICE_ROOT = $(libdir)/advocated/root
SERVICE_MOUNTS = dev etc proc root run sys tmp usr var/lib/advocated var/tmp

install: all manuals
	@for file in $(SAMPLES); do \
		target=$(DESTDIR)$(sysconfdir)/advocated/$$file; \
		if [ -e $$target ]; then echo "$$target is there already: kept"; \
		else echo "$(INSTALL_DATA) etc/$$file $$target"; $(INSTALL_DATA) -D etc/$$file $$target; fi; \
	done
	sed 's|@sbindir@|$(sbindir)|; s|@libdir@|$(libdir)|' systemd/advocated.service.in > $(BUILD)/advocated.service
	$(INSTALL_PROGRAM) -D $(BUILD)/advocated $(DESTDIR)$(sbindir)/advocated
	$(INSTALL) -d $(addprefix $(DESTDIR),$(sort $(dir $(INSTALLED)))) $(addprefix $(DESTDIR)$(SERVICE_ROOT)/,$(SERVICE_MOUNTS))
	@for link in bin lib lib64 sbin; do ln -sfn usr/$$link $(DESTDIR)$(SERVICE_ROOT)/$$link; done
	$(INSTALL_DATA) $(BUILD)/advocated.service systemd/advocated-metrics.socket $(DESTDIR)$(systemdsystemunitdir)
	$(INSTALL_DATA) systemd/advocated.sysusers $(DESTDIR)$(sysusersdir)/advocated.conf
	$(INSTALL_DATA) systemd/advocated.tmpfiles $(DESTDIR)$(tmpfilesdir)/advocated.conf
	$(INSTALL_DATA) systemd/advocated.catalog $(DESTDIR)$(catalogdir)
	$(INSTALL_DATA) systemd/advocated.completion $(DESTDIR)$(bashcompletiondir)/advocated
	$(INSTALL_DATA) README.md etc/messages.conf $(DESTDIR)$(docdir)
	$(INSTALL_DATA) etc/prometheus/* $(DESTDIR)$(docdir)/prometheus
	@for page in $(MANUALS); do \
		$(INSTALL_DATA) $$page $(DESTDIR)$(mandir)/man$${page##*.} || exit 1; \
	done

# The configuration stays: it is the operator's.
uninstall:
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	rm -rf $(DESTDIR)$(libdir)/advocated $(DESTDIR)$(docdir)

installcheck:
	$(DESTDIR)$(sbindir)/advocated --version
	$(DESTDIR)$(sbindir)/advocated --help > /dev/null

# The Debian package, made in a copy of the tree; DEB_VERSION=0.0.9 calls it so, DEB_OBJECTS=FOLDER uses objects that are
# there.
DEB_VERSION = $(VERSION)
DEB_OBJECTS = $(abspath $(BUILD))/deb-objects
deb:
	@rm -rf $(BUILD)/deb/tree && mkdir -p $(BUILD)/deb/tree
	@tar -c --exclude=./.git --exclude='./$(BUILD)' --exclude=./build . | tar -x -C $(BUILD)/deb/tree
	@sed -i '1s/(.*)/($(DEB_VERSION))/' $(BUILD)/deb/tree/debian/changelog
	$(DO)cd $(BUILD)/deb/tree && ADVOCATED_BUILD=$(DEB_OBJECTS) dpkg-buildpackage -us -uc -b > ../log 2>&1 || \
		{ tail -n 40 ../log >&2; exit 1; }
	@rm -rf $(BUILD)/deb/tree
	@ls $(BUILD)/deb/*_$(DEB_VERSION)_*.deb

dist:
	@mkdir -p $(BUILD)
	git archive --prefix=advocated-$(VERSION)/ -o $(BUILD)/advocated-$(VERSION).tar.gz HEAD

# A cluster that a broken-off demo left behind is stopped first.
clean:
	@if [ -d $(BUILD) ]; then tests/play stop $(BUILD); fi
	rm -rf $(BUILD)

distclean: clean

-include $(CONNECTOR_OBJECTS:.o=.d) $(DAEMON_OBJECTS:.o=.d) $(SANDBOX_OBJECTS:.o=.d) $(UNIT_TESTS:=.d) \
	$(BUILD)/daemon/main.d $(BENCHES:=.d)
