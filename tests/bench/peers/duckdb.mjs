// DuckDB over the raw file: columns declared, one query by day and model.
//
//     node duckdb.mjs a|b|c|d|c-split|d-split FILE THREADS
//
// FILE may be gzipped. NODE_MODULES names the folder that has @duckdb/node-api. Prints calls, input,
// output and cached tokens, summed over the groups, then the seconds of the query alone: the start
// of node and of the engine are not held against DuckDB.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const { DuckDBInstance } = createRequire(resolve(process.env.NODE_MODULES, "x"))("@duckdb/node-api");

const [set, file, threads] = process.argv.slice(2);
const sqlText = (s) => `'${s.replaceAll("'", "''")}'`;

const json = (columns) =>
	`read_json(${sqlText(file)}, format = 'newline_delimited', columns = {${columns}})`;

const wide = `
	SELECT CAST(epoch_ms(CAST(endTime * 1000 AS BIGINT)) AS DATE) AS day, model,
	       prompt_tokens AS input, completion_tokens AS output,
	       metadata.usage_object.prompt_tokens_details.cached_tokens AS cached
	FROM ${json(`endTime: 'DOUBLE', model: 'VARCHAR', prompt_tokens: 'BIGINT',
		completion_tokens: 'BIGINT', metadata: 'STRUCT(usage_object STRUCT(
			prompt_tokens_details STRUCT(cached_tokens BIGINT)))'`)}`;

const slim = `
	SELECT CAST(ts AS DATE) AS day, model, usage.prompt_tokens AS input,
	       usage.completion_tokens AS output, usage.cached_tokens AS cached
	FROM ${json(`ts: 'TIMESTAMP', model: 'VARCHAR', usage: 'STRUCT(prompt_tokens BIGINT,
		completion_tokens BIGINT, cached_tokens BIGINT)'`)}`;

// A file of lines is a CSV of one column whose separator never occurs.
const lines = `
	FROM read_csv(${sqlText(file)}, columns = {line: 'VARCHAR'}, delim = '\\x01', quote = '',
		escape = '', header = false, auto_detect = false)
	WHERE contains(line, 'llm call')`;

// The pattern that tokentail is given.
const text = `
	SELECT call.time[1:10] AS day, call.model AS model, CAST(call.input AS BIGINT) AS input,
	       CAST(call.output AS BIGINT) AS output, CAST(call.cached AS BIGINT) AS cached
	FROM (
		SELECT regexp_extract(line, '^time=(\\S+) level=\\S+ msg="llm call" model=(\\S+) user=\\S+ feature=\\S+ prompt_tokens=(\\d+) completion_tokens=(\\d+) cached_tokens=(\\d+)',
			['time', 'model', 'input', 'output', 'cached']) AS call
		${lines}
	)`;

// No pattern, only the text between two marks: as fast as DuckDB gets on such lines.
const between = (key) => `split_part(split_part(line, ' ${key}=', 2), ' ', 1)`;
const split = `
	SELECT line[6:15] AS day, ${between("model")} AS model,
	       CAST(${between("prompt_tokens")} AS BIGINT) AS input,
	       CAST(${between("completion_tokens")} AS BIGINT) AS output,
	       CAST(${between("cached_tokens")} AS BIGINT) AS cached
	${lines}`;

const rows = { a: wide, b: slim, c: text, d: text, "c-split": split, "d-split": split }[set];
const instance = await DuckDBInstance.create(":memory:", { threads });
const connection = await instance.connect();
const begin = performance.now();
const reader = await connection.runAndReadAll(`
	SELECT sum(calls), sum(input), sum(output), sum(cached) FROM (
		SELECT day, model, count(*) AS calls, sum(input) AS input, sum(output) AS output,
		       sum(cached) AS cached
		FROM (${rows}) GROUP BY day, model)`);
const seconds = (performance.now() - begin) / 1000;
console.log(reader.getRows()[0].map(String).join(" "));
console.log(seconds.toFixed(6));
