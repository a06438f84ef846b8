/**
 * What SNS wraps a message in when raw message delivery is off.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 */
export interface Envelope {
  /** The same through SNS's own retries, which SQS's MessageId is not. */
  readonly messageId: string;
  readonly message: string;
  readonly attributes: unknown;
  readonly timestamp: string | undefined;
}

/** Cheap, and never false for an envelope: SNS writes its keys without escapes. */
export function mayBeEnvelope(body: string): boolean {
  return body.includes('"TopicArn"');
}

/** The envelope, undefined when the value is something else, or in a few words what is wrong with it. */
export function toEnvelope(value: unknown): Envelope | undefined | { readonly problem: string } {
  if (typeof value !== 'object' || value === null) return undefined;
  const { Type, TopicArn, MessageId, Message, MessageAttributes, Timestamp } = value as Record<
    string,
    unknown
  >;
  if (typeof Type !== 'string' || typeof TopicArn !== 'string') return undefined;
  if (Type === 'SubscriptionConfirmation' || Type === 'UnsubscribeConfirmation') {
    return { problem: `it is an SNS ${Type} and no event. Confirm the subscription at the topic` };
  }
  if (Type !== 'Notification') return undefined;
  if (typeof MessageId !== 'string' || typeof Message !== 'string') {
    return { problem: 'its SNS envelope has no MessageId or no Message' };
  }
  return {
    messageId: MessageId,
    message: Message,
    attributes: MessageAttributes,
    timestamp: typeof Timestamp === 'string' ? Timestamp : undefined,
  };
}
