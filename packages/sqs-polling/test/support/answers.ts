import { createHash } from 'node:crypto';
import type { Answer } from './sqs-double.ts';
import { reply } from './sqs-double.ts';

export interface MadeUpMessage {
  readonly body: string;
  readonly group?: string;
}

/** A receive that brings these messages, for what the emulator does not do: several messages of one group at once. */
export function messages(...made: readonly MadeUpMessage[]): Answer {
  return reply({
    Messages: made.map(({ body, group }) => ({
      MessageId: `id-${body}`,
      ReceiptHandle: `handle-${body}`,
      Body: body,
      // The client compares.
      MD5OfBody: createHash('md5').update(body).digest('hex'),
      Attributes: { ApproximateReceiveCount: '1', ...(group === undefined ? {} : { MessageGroupId: group }) },
    })),
  });
}

/** What SQS answers a batch with when all of it succeeds. */
export const allSuccessful: Answer = (call, exchange) => {
  const entries = call.input['Entries'] as readonly { readonly Id: string }[];
  return reply({ Successful: entries.map(({ Id }) => ({ Id })), Failed: [] })(call, exchange);
};
