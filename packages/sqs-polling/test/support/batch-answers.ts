import { createHash } from 'node:crypto';
import type { AwsAnswer, AwsCall } from './aws-proxy.ts';

export interface EntryFailure {
  readonly code: string;
  readonly senderFault?: boolean;
}

/** What becomes of the entries of a call, by their place in it: a failure, silence, or (not mentioned) success. */
export type Outcomes = Readonly<Record<number, EntryFailure | 'silence'>>;

/** An entry of a batch as it came over the wire. */
export interface WireEntry {
  readonly Id: string;
  readonly MessageGroupId: string | undefined;
  /** SQS only. */
  readonly MessageBody?: string;
}

export function entriesOf({ action, body }: AwsCall): readonly WireEntry[] {
  if (action === 'SendMessageBatch') return (JSON.parse(body) as { Entries: readonly WireEntry[] }).Entries;
  const form = new URLSearchParams(body);
  const entries: WireEntry[] = [];
  for (let index = 1; ; index += 1) {
    const prefix = `PublishBatchRequestEntries.member.${index}`;
    const Id = form.get(`${prefix}.Id`);
    if (Id === null) return entries;
    entries.push({ Id, MessageGroupId: form.get(`${prefix}.MessageGroupId`) ?? undefined });
  }
}

/** HTTP 200 with failed entries, as SQS (JSON) or SNS (XML) writes it. */
export const batchAnswer =
  (outcomes: Outcomes) =>
  (call: AwsCall): AwsAnswer => {
    const entries = entriesOf(call).map((entry, index) => ({ ...entry, outcome: outcomes[index] }));
    const sent = entries
      .filter(({ outcome }) => outcome === undefined)
      .map(({ Id, MessageBody }) => ({ Id, MessageId: `m-${Id}`, MessageBody }));
    const failed = entries.flatMap(({ Id, outcome }) =>
      typeof outcome === 'object'
        ? [{ Id, Code: outcome.code, SenderFault: outcome.senderFault ?? false }]
        : [],
    );
    return call.action === 'SendMessageBatch' ? inJson(sent, failed) : inXml(sent, failed);
  };

type Sent = readonly {
  readonly Id: string;
  readonly MessageId: string;
  readonly MessageBody: string | undefined;
}[];
type Failed = readonly { readonly Id: string; readonly Code: string; readonly SenderFault: boolean }[];

function inJson(sent: Sent, failed: Failed): AwsAnswer {
  const Successful = sent.map(({ MessageBody = '', ...entry }) => ({
    ...entry,
    // The client compares.
    MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
  }));
  return { status: 200, body: JSON.stringify({ Successful, Failed: failed }) };
}

function inXml(sent: Sent, failed: Failed): AwsAnswer {
  const members = (list: readonly object[]) =>
    list
      .map((entry) => {
        const fields = Object.entries(entry).map(([name, value]) => `<${name}>${String(value)}</${name}>`);
        return `<member>${fields.join('')}</member>`;
      })
      .join('');
  const body = `<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult><Successful>${members(sent)}</Successful><Failed>${members(failed)}</Failed></PublishBatchResult></PublishBatchResponse>`;
  return { status: 200, body };
}
