-- Every table, view, column and function of the schema says what it is.
BEGIN;
SELECT plan(3);
SELECT is_empty($$SELECT c.relname FROM pg_class AS c
	WHERE c.relnamespace = 'advocacy'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
	  AND coalesce(obj_description(c.oid, 'pg_class'), '') = ''$$, 'every table and view');
SELECT is_empty($$SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
	WHERE c.relnamespace = 'advocacy'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p') AND a.attnum > 0 AND NOT a.attisdropped
	  AND coalesce(col_description(c.oid, a.attnum), '') = ''$$, 'every column');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc AS p
	WHERE p.pronamespace = 'advocacy'::regnamespace AND coalesce(obj_description(p.oid, 'pg_proc'), '') = ''$$, 'every function');
SELECT * FROM finish();
ROLLBACK;
