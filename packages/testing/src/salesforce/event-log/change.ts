import type { Clock } from '@millrace/core';
import type { ChangeEventHeader, ChangeType, Fields } from './event.ts';
import { randomUuid } from './random-id.ts';

/** One change of records of an object. */
export interface ChangeInput {
  /** The object, such as `Account` or `Thing__c`. */
  readonly entityName: string;
  readonly changeType: ChangeType;
  /** @default one record: '001000000000001AAA' */
  readonly recordIds?: readonly string[];
  /** The fields that changed, with their new values. Events of type GAP_* have none. */
  readonly fields?: Fields;
  readonly nulledFields?: readonly string[];
  readonly diffFields?: readonly string[];
  /** @default the names of `fields`, for updates */
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
  /** @default the next one */
  readonly commitNumber?: bigint;
  /** @default 'com/salesforce/api/soap/66.0;client=Millrace/', and empty for GAP_* */
  readonly changeOrigin?: string;
}

export interface OverflowInput extends Transaction {
  readonly entityName: string;
  /** @default 1 */
  readonly sequenceNumber?: number;
}

interface TransactionsOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly userId: string;
}

/** Writes the headers of change events. */
export interface Transactions {
  header(input: ChangeInput, transaction: Transaction): ChangeEventHeader;
  headers(inputs: readonly ChangeInput[], transaction: Transaction): readonly ChangeEventHeader[];
}

export function createTransactions({ clock, random, userId }: TransactionsOptions): Transactions {
  // Real ones are that long: a double can't hold the later ones.
  let lastCommit = 10_000_000_000_000n;

  function headers(inputs: readonly ChangeInput[], transaction: Transaction): readonly ChangeEventHeader[] {
    lastCommit = transaction.commitNumber ?? lastCommit + 1n + BigInt(Math.floor(random() * 1000));
    const {
      transactionKey = randomUuid(random),
      commitTimestamp = clock.now(),
      commitNumber = lastCommit,
      changeOrigin,
    } = transaction;
    return inputs.map((input, index) => {
      const isGap = input.changeType.startsWith('GAP_');
      return {
        entityName: input.entityName,
        recordIds: input.recordIds ?? ['001000000000001AAA'],
        changeType: input.changeType,
        changeOrigin: changeOrigin ?? (isGap ? '' : 'com/salesforce/api/soap/66.0;client=Millrace/'),
        transactionKey,
        sequenceNumber: input.sequenceNumber ?? index + 1,
        commitTimestamp,
        commitNumber,
        commitUser: userId,
        nulledFields: input.nulledFields ?? [],
        diffFields: input.diffFields ?? [],
        changedFields:
          input.changedFields ?? (input.changeType === 'UPDATE' ? Object.keys(input.fields ?? {}) : []),
      };
    });
  }

  return { headers, header: (input, transaction) => headers([input], transaction)[0]! };
}

/** Change Data Capture guide, "Overflow Events": no record, no fields. */
export function overflowOf({ entityName, sequenceNumber }: OverflowInput): ChangeInput {
  return {
    entityName,
    changeType: 'GAP_OVERFLOW',
    recordIds: ['000000000000000AAA'],
    ...(sequenceNumber !== undefined && { sequenceNumber }),
  };
}
