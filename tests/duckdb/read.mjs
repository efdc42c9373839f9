// read.mjs ARCHIVE: what DuckDB makes of the files of an archive, as the manual queries them: model, calls
// and exact cost, a line each.
import { DuckDBInstance } from '@duckdb/node-api';

const database = await DuckDBInstance.create(':memory:');
const connection = await database.connect();
const reader = await connection.runAndReadAll(`
	select model, count(*)::varchar, sum(cast(cost_usd as decimal(18, 9)))::varchar
	from read_json('${process.argv[2]}/*/*.gz', format = 'newline_delimited', union_by_name = true)
	where time is not null group by model order by model`);
for (const row of reader.getRowsJson())
	console.log(row.join(' '));
