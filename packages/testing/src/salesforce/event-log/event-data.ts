import { isCollective } from './channel.ts';
import type { ChangeEventHeader, Fields, LoggedEvent } from './event.ts';
import { exactFields, exactInteger } from './json.ts';

/** `data` of an event on the Bayeux endpoint of an API version such as 66. Made for JSON.stringify, which keeps all digits. */
export function eventData(event: LoggedEvent, version: number): Fields {
  const replayId = exactInteger(event.replayId);
  const createdDate = new Date(event.createdAt).toISOString();
  switch (event.kind) {
    case 'push-topic':
      return {
        event: { createdDate, replayId, type: event.change },
        sobject: exactFields(event.sobject),
      };
    case 'generic':
      return { event: { createdDate, replayId }, payload: event.text };
    case 'platform':
      return {
        schema: event.schema,
        payload: {
          CreatedDate: createdDate,
          CreatedById: event.createdById,
          ...exactFields(event.fields),
        },
        event: {
          replayId,
          // Platform Events guide: in events since API version 52.0.
          ...(version >= 52 && { EventUuid: event.uuid }),
          // Platform Events guide, "Group Platform Events into One Stream": since API version 55.0.
          ...(version >= 55 && isCollective(event.channel) && { EventApiName: event.apiName }),
        },
      };
    case 'change':
      return {
        schema: event.schema,
        payload: changePayload(event.header, event.fields, version),
        event: { replayId },
      };
  }
}

/**
 * Lists of nulled fields and of fields sent as differences are in the Pub/Sub API only; here what was nulled is null.
 * Change Data Capture guide: "Change Event Message Structure".
 */
function changePayload(header: ChangeEventHeader, fields: Fields, version: number): Fields {
  const { nulledFields, diffFields: _, changedFields, ...others } = header;
  return {
    ChangeEventHeader: {
      ...others,
      commitNumber: exactInteger(header.commitNumber),
      // Change Data Capture guide, "Change Event Header Fields": since API version 47.0.
      ...(version >= 47 && { changedFields }),
    },
    ...Object.fromEntries(nulledFields.map((field) => [field, null])),
    ...exactFields(fields),
  };
}
