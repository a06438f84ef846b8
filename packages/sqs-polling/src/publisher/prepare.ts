import { sqsError } from '../errors.ts';
import type { Attribute, Attributes } from './attributes.ts';
import { mostAttributes, refuseName, sizeOf, toAttribute } from './attributes.ts';
import type { OutgoingEvent } from './event.ts';
import { toJson } from './text.ts';

/** What an event becomes on the wire. */
export interface Prepared {
  readonly id: string;
  readonly type: string;
  readonly body: string;
  readonly attributes: Attributes;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  /** Bytes that count against the limits. */
  readonly size: number;
}

/** How events become messages. */
export interface Encoding {
  /** Where to: topic ARN or queue name, for errors. */
  readonly destination: string;
  readonly fifo: boolean;
  readonly eventAttribute: string;
  readonly idAttribute: string;
  readonly suffix: string | undefined;
  readonly version: number | undefined;
  readonly maxMessageSize: number;
  readonly randomUUID: () => string;
}

/** Throws SQS_EVENT_INVALID, SQS_FIFO_KEY_REQUIRED or SQS_MESSAGE_TOO_LARGE for what would be refused. */
export function prepare(event: OutgoingEvent, encoding: Encoding): Prepared {
  const { fifo, idAttribute, eventAttribute, randomUUID } = encoding;
  const id = event.id ?? randomUUID();
  const type = withSuffix(event.type, encoding.suffix);
  const refuse = (reason: string, cause?: unknown): never => {
    throw sqsError(
      'SQS_EVENT_INVALID',
      `Event "${type}" (${id}) can't be published to ${encoding.destination}: ${reason}.`,
      cause,
    );
  };
  const { version } = encoding;
  const headers = {
    ...(version === undefined ? {} : { version }),
    ...event.headers,
    [eventAttribute]: type,
    [idAttribute]: id,
  };
  const attributes = attributesOf(headers, refuse);
  const body = bodyOf(event.data, refuse);
  const size = sizeOf(body, attributes);
  if (size > encoding.maxMessageSize) {
    throw sqsError(
      'SQS_MESSAGE_TOO_LARGE',
      `Event "${type}" (${id}) has ${size} bytes with its attributes; ${encoding.destination} takes ${encoding.maxMessageSize}. Publish less, or put the payload elsewhere and publish where it is.`,
    );
  }
  if (fifo && event.key === undefined) {
    throw sqsError(
      'SQS_FIFO_KEY_REQUIRED',
      `Event "${type}" (${id}) has no \`key\`, and ${encoding.destination} is FIFO. Set \`key\` to what the order is kept by, such as the order number.`,
    );
  }
  if (!fifo && event.deduplicationId !== undefined) {
    refuse('`deduplicationId` is for FIFO; consumers recognise what is published twice by `id`');
  }
  const deduplicationId = fifo ? (event.deduplicationId ?? id) : undefined;
  for (const [name, value] of Object.entries({ key: event.key, deduplicationId })) {
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    if (value !== undefined && !/^[!-~]{1,128}$/.test(value)) {
      refuse(`\`${name}\` has to be 1 to 128 letters, digits and punctuation marks of ASCII`);
    }
  }
  return { id, type, body, attributes, groupId: event.key, deduplicationId, size };
}

/** Adds the suffix unless the type ends in it. */
function withSuffix(type: string, suffix: string | undefined): string {
  return suffix === undefined || type.endsWith(suffix) ? type : `${type}${suffix}`;
}

type Refuse = (reason: string, cause?: unknown) => never;

function attributesOf(headers: NonNullable<OutgoingEvent['headers']>, refuse: Refuse): Attributes {
  const attributes: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(headers)) {
    const badName = refuseName(name);
    if (badName !== undefined) refuse(badName);
    const attribute = toAttribute(value);
    if (typeof attribute === 'string') refuse(`header "${name}" ${attribute}`);
    else attributes[name] = attribute;
  }
  const count = Object.keys(attributes).length;
  if (count > mostAttributes) {
    refuse(`it has ${count} attributes with its name and id, and ${mostAttributes} is the most`);
  }
  return attributes;
}

function bodyOf(data: unknown, refuse: Refuse): string {
  try {
    return toJson(data);
  } catch (error) {
    return refuse('its data can not be written as JSON', error);
  }
}
