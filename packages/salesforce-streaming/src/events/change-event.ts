/** What happened to records, or that it can't be told. */
export type ChangeType = 'CREATE' | 'UPDATE' | 'DELETE' | 'UNDELETE' | GapType;

/**
 * Salesforce could not make the change events. `GAP_CREATE` and the like name the records (`recordIds`), whose fields
 * are to be fetched. `GAP_OVERFLOW` ends what a transaction of more than 100,000 changes tells of an object; it
 * `recordIds` is of no record, and what is known of the object is to be compared as a whole.
 * Change Data Capture guide: "Gap Events" and "Overflow Events".
 */
export type GapType = 'GAP_CREATE' | 'GAP_UPDATE' | 'GAP_DELETE' | 'GAP_UNDELETE' | 'GAP_OVERFLOW';

/** `ChangeEventHeader` of a change event. Change Data Capture guide: "Change Event Header Fields". */
export interface ChangeEventHeader {
  /** API name of the object, such as `Account` or `Thing__c`. */
  readonly entityName: string;
  /** More than one when several records were changed alike in one transaction. */
  readonly recordIds: readonly string[];
  readonly changeType: ChangeType;
  /** Such as `com/salesforce/api/rest/66.0`; tells your own changes from those of others. */
  readonly changeOrigin: string;
  readonly transactionKey: string;
  /** Place of the change in its transaction, from 1. */
  readonly sequenceNumber: number;
  /** In milliseconds. */
  readonly commitTimestamp: number | bigint;
  readonly commitNumber: number | bigint;
  readonly commitUser: string;
  /** Names of fields that were set to null. */
  readonly nulledFields?: readonly string[];
  /** Names of long text fields whose value is a unified diff. */
  readonly diffFields?: readonly string[];
  /** Names of fields that were changed. */
  readonly changedFields?: readonly string[];
}

/** Data of a change event: its header, and the fields that were set. */
export type ChangeEvent<Fields = Readonly<Record<string, unknown>>> = {
  readonly ChangeEventHeader: ChangeEventHeader;
} & Partial<Fields>;

/** Data of a gap or overflow event: there are no fields. */
export interface GapEvent {
  readonly ChangeEventHeader: ChangeEventHeader & { readonly changeType: GapType };
}

/** Whether the data of an event says that changes could not be told, overflows included. */
export function isGapEvent(data: unknown): data is GapEvent {
  const header = (data as { ChangeEventHeader?: { changeType?: unknown } } | null | undefined)
    ?.ChangeEventHeader;
  return typeof header?.changeType === 'string' && header.changeType.startsWith('GAP_');
}

/** `AccountChangeEvent.UPDATE`, and `Thing__ChangeEvent.UPDATE` for the custom object `Thing__c`. */
export function typeOfChange(entityName: string, changeType: string): string {
  const stem = entityName.endsWith('__c') ? entityName.slice(0, -1) : entityName;
  return `${stem}ChangeEvent.${changeType}`;
}
