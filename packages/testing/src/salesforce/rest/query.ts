import type { RestCall, RestResource } from './rest-call.ts';
import { methodNotAllowed, RestFailure } from './rest-error.ts';
import { streamingChannels } from './streaming-channel.ts';

const soql =
  /^\s*SELECT\s+(?<fields>[\w\s,]+?)\s+FROM\s+(?<sobject>\w+)(?:\s+WHERE\s+(?<field>\w+)\s*=\s*'(?<value>(?:[^'\\]|\\.)*)')?(?:\s+LIMIT\s+(?<limit>\d+))?\s*$/i;

/** `GET query?q=SELECT Id, Name FROM StreamingChannel WHERE Name = '/u/notices'`, and no other SOQL. */
export const query: RestResource = ({ log }, call) => {
  if (call.method !== 'GET') throw methodNotAllowed(call.method, ['GET', 'HEAD']);
  const { fields, sobject, field, value, limit } = clausesOf(call);
  if (sobject.toLowerCase() !== 'streamingchannel') {
    throw new RestFailure(400, {
      errorCode: 'INVALID_TYPE',
      message: `sObject type '${sobject}' is not supported.`,
    });
  }
  const wanted = fields.split(',').map((name) => columnOf(name.trim()));
  const where = field === undefined ? undefined : columnOf(field);
  const found = streamingChannels(log)
    .filter((channel) => where === undefined || channel[where] === value)
    .slice(0, limit);
  const records = found.map((channel) => ({
    attributes: {
      type: 'StreamingChannel',
      url: `/services/data/v${call.version}.0/sobjects/StreamingChannel/${channel.Id}`,
    },
    ...Object.fromEntries(wanted.map((column) => [column, channel[column]])),
  }));
  return { status: 200, body: { totalSize: records.length, done: true, records } };
};

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
function columnOf(name: string): 'Id' | 'Name' {
  const lower = name.toLowerCase();
  if (lower === 'id') return 'Id';
  if (lower === 'name') return 'Name';
  throw new RestFailure(400, {
    errorCode: 'INVALID_FIELD',
    message: `No such column '${name}' on entity 'StreamingChannel'.`,
  });
}
