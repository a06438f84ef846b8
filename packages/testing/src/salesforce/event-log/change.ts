import type { Clock } from '@millrace/core';
import type { ChangeEventHeader, ChangeType, Fields } from './event.ts';
import { randomUuid } from './random-id.ts';

/** One change of records of an object. */
export interface ChangeInput {
  /** The object, such as `Account` or `Thing__c`. */
  readonly entityName: string;
  readonly changeType: ChangeType;
  /** @default one record: '001000000000001AAA'; of overflow events none: '000000000000000AAA' */
  readonly recordIds?: readonly string[];
  /** The fields that changed, with their new values. Events of type GAP_* have none. */
  readonly fields?: Fields;
  /** Fields that became null; not to be in `fields`. */
  readonly nulledFields?: readonly string[];
  /** Fields of which there is a difference instead of a value; the Pub/Sub API only. */
  readonly diffFields?: readonly string[];
  /** @default all of these, for updates */
  readonly changedFields?: readonly string[];
  /** @default the next one in the transaction, from 1 */
  readonly sequenceNumber?: number;
}

/** What the changes of a transaction have in common. */
export interface Transaction {
  /** @default a new one */
  readonly transactionKey?: string;
  /** Milliseconds since 1970. @default now */
  readonly commitTimestamp?: number;
  /** @default a higher one than before */
  readonly commitNumber?: bigint;
  /** @default 'com/salesforce/api/soap/66.0;client=Millrace/', and empty for GAP_* */
  readonly changeOrigin?: string;
}

export interface HeaderOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly userId: string;
}

/** Writes the headers of the change events of one transaction after the other. */
export function headerWriter({ clock, random, userId }: HeaderOptions) {
  // As high as in real events, which a double can just hold.
  let newest = 10_000_000_000_000n;

  return (transaction: Transaction): ((input: ChangeInput) => ChangeEventHeader) => {
    newest += 1n + BigInt(Math.floor(random() * 1_000));
    const common = {
      transactionKey: transaction.transactionKey ?? randomUuid(random),
      commitTimestamp: transaction.commitTimestamp ?? clock.now(),
      commitNumber: transaction.commitNumber ?? newest,
      commitUser: userId,
    };
    let sequence = 0;
    return (input) => {
      const { entityName, changeType, fields = {}, nulledFields = [], diffFields = [] } = input;
      sequence = input.sequenceNumber ?? sequence + 1;
      return {
        ...common,
        entityName,
        changeType,
        recordIds: input.recordIds ?? [recordOf(changeType)],
        changeOrigin: transaction.changeOrigin ?? originOf(changeType),
        sequenceNumber: sequence,
        nulledFields,
        diffFields,
        changedFields:
          input.changedFields ??
          (changeType === 'UPDATE' ? [...Object.keys(fields), ...nulledFields, ...diffFields] : []),
      };
    };
  };
}

/** Change Data Capture guide, "Overflow Events": the id of no record. */
function recordOf(changeType: ChangeType): string {
  return changeType === 'GAP_OVERFLOW' ? '000000000000000AAA' : '001000000000001AAA';
}

/** Change Data Capture guide, "Gap Events": theirs is empty. */
function originOf(changeType: ChangeType): string {
  return changeType.startsWith('GAP_') ? '' : 'com/salesforce/api/soap/66.0;client=Millrace/';
}
