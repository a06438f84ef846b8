import type { RestCall, RestResource } from './rest-call.ts';
import { methodNotAllowed, RestFailure } from './rest-error.ts';
import type { Table } from './tables.ts';

const soql =
  /^\s*SELECT\s+(?<fields>[\w\s,]+?)\s+FROM\s+(?<sobject>\w+)(?:\s+WHERE\s+(?<field>\w+)\s*=\s*'(?<value>(?:[^'\\]|\\.)*)')?(?:\s+LIMIT\s+(?<limit>\d+))?\s*$/i;

/** `GET query?q=SELECT Id, Name FROM StreamingChannel WHERE Name = '/u/notices'`, of these tables; no other SOQL. */
export function query(tables: readonly Table[]): RestResource {
  return ({ log }, call) => {
    if (call.method !== 'GET') throw methodNotAllowed(call.method, ['GET', 'HEAD']);
    const { fields, sobject, field, value, limit } = clausesOf(call);
    const table = tables.find(({ name }) => name.toLowerCase() === sobject.toLowerCase());
    if (!table) {
      throw new RestFailure(400, {
        errorCode: 'INVALID_TYPE',
        message: `sObject type '${sobject}' is not supported.`,
      });
    }
    const wanted = fields.split(',').map((name) => columnOf(table, name.trim()));
    const where = field === undefined ? undefined : columnOf(table, field);
    const found = table
      .rows(log)
      .filter((row) => where === undefined || row[where] === value)
      .slice(0, limit);
    const base = call.path.replace(/query$/, 'sobjects');
    const records = found.map((row) => ({
      attributes: {
        type: table.name,
        url: `/services/data/v${call.version}.0/${base}/${table.name}/${String(row['Id'])}`,
      },
      ...Object.fromEntries(wanted.map((column) => [column, row[column]])),
    }));
    return { status: 200, body: { totalSize: records.length, done: true, records } };
  };
}

function clausesOf({ query: parameters }: RestCall) {
  const text = parameters.get('q') ?? '';
  const { fields = '', sobject = '', field, value = '', limit } = soql.exec(text)?.groups ?? {};
  if (sobject === '') {
    throw new RestFailure(400, { errorCode: 'MALFORMED_QUERY', message: `unexpected token: '${text}'` });
  }
  const unescaped = value.replace(/\\(.)/g, '$1');
  return { fields, sobject, field, value: unescaped, limit: limit === undefined ? Infinity : Number(limit) };
}

/** Names of fields are good in any case. */
function columnOf({ name: table, columns }: Table, name: string): string {
  const column = columns.find((known) => known.toLowerCase() === name.toLowerCase());
  if (column !== undefined) return column;
  throw new RestFailure(400, {
    errorCode: 'INVALID_FIELD',
    message: `No such column '${name}' on entity '${table}'.`,
  });
}
