import { isCollective } from '../event-log/channel.ts';
import type { Channel } from '../event-log/options.ts';
import type { FieldDefinition } from '../event-log/schema.ts';
import { objectIn } from './json-body.ts';
import type { RestResource } from './rest-call.ts';
import { methodNotAllowed, notFound, RestFailure } from './rest-error.ts';
import { eventChannel, saveEvent } from './save-event.ts';
import { saveResult } from './save-result.ts';

/** `POST sobjects/Order__e`. Platform Events guide: "Publish Event Messages with Salesforce APIs". */
export const createEvent: RestResource = ({ log }, { method, body }, [sobject = '']) => {
  const channel = eventChannel(log, sobject);
  if (!channel) throw notFound();
  if (method !== 'POST') throw methodNotAllowed(method, ['HEAD', 'GET', 'POST']);
  const saved = saveEvent(log, channel, objectIn(body));
  if ('error' in saved) throw new RestFailure(400, saved.error);
  return { status: 201, body: saveResult(saved) };
};

/** `GET sobjects/Order__e/describe`, `GET sobjects/AccountChangeEvent/describe` */
export const describeEvent: RestResource = ({ log }, { method, version }, [sobject = '']) => {
  const change = isCollective(`/data/${sobject}`) ? undefined : log.channel(`/data/${sobject}`);
  const channel = eventChannel(log, sobject) ?? change;
  if (!channel) throw notFound();
  if (method !== 'GET') throw methodNotAllowed(method, ['HEAD', 'GET']);
  const url = `/services/data/v${version}.0/sobjects/${sobject}`;
  return {
    status: 200,
    body: {
      name: sobject,
      label: sobject.replace(/__e$/, '').replaceAll('_', ' '),
      custom: sobject.endsWith('__e'),
      createable: channel !== change,
      queryable: false,
      updateable: false,
      deletable: false,
      keyPrefix: 'e01',
      fields: fieldsOf(channel),
      urls: { sobject: url, describe: `${url}/describe`, eventSchema: `${url}/eventSchema` },
    },
  };
};

function fieldsOf({ fields = {} }: Channel) {
  const own = Object.entries(fields).map(([name, definition]) => fieldOf(name, definition, true));
  return [
    fieldOf('ReplayId', { type: 'string' }, false),
    fieldOf('CreatedDate', { type: 'dateTime', required: true }, false),
    { ...fieldOf('CreatedById', { type: 'string', required: true }, false), type: 'reference' },
    fieldOf('EventUuid', { type: 'string' }, false),
    ...own,
  ];
}

function fieldOf(name: string, { type, required = false }: FieldDefinition, createable: boolean) {
  return {
    name,
    label: name.replace(/__c$/, '').replaceAll('_', ' '),
    type: type === 'dateTime' ? 'datetime' : type,
    custom: createable,
    createable,
    nillable: !required,
    updateable: false,
  };
}
