import { readJson, readText } from '../payload.ts';

const types = ['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation'] as const;

/** What SNS posts. https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
export interface Envelope {
  readonly Type: (typeof types)[number];
  readonly MessageId: string;
  readonly TopicArn: string;
  readonly Message: string;
  readonly Timestamp: string;
  readonly SignatureVersion: string;
  readonly Signature: string;
  readonly SigningCertURL: string;
  readonly Subject?: string;
  readonly Token?: string;
  readonly SubscribeURL?: string;
  /** Not signed. */
  readonly MessageAttributes?: unknown;
}

const texts = [
  'MessageId',
  'TopicArn',
  'Message',
  'Timestamp',
  'SignatureVersion',
  'Signature',
  'SigningCertURL',
] as const;

/** Undefined: it is none. */
export function readEnvelope(body: Uint8Array): Envelope | undefined {
  const text = readText(body);
  const json = text === undefined ? undefined : readJson(text);
  const value = json && 'data' in json ? json.data : undefined;
  return isEnvelope(value) ? value : undefined;
}

function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null) return false;
  const members = value as Readonly<Record<string, unknown>>;
  const { Type, Subject, Token, SubscribeURL } = members;
  const isText = (it: unknown) => typeof it === 'string';
  if (!types.some((type) => type === Type) || !texts.every((name) => isText(members[name]))) return false;
  if (Type === 'Notification') return Subject === undefined || Subject === null || isText(Subject);
  return isText(Token) && isText(SubscribeURL);
}

const signedOfNotification = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const;
const signedOfSubscription = [
  'Message',
  'MessageId',
  'SubscribeURL',
  'Timestamp',
  'Token',
  'TopicArn',
  'Type',
] as const;

/** What is signed: names and values on lines of their own, those that are there. */
export function signedText(envelope: Envelope): string {
  const names = envelope.Type === 'Notification' ? signedOfNotification : signedOfSubscription;
  // A Subject that is null counts as none.
  return names
    .map((name) => (typeof envelope[name] === 'string' ? `${name}\n${envelope[name]}\n` : ''))
    .join('');
}
