import { hash } from 'node:crypto';

export type FieldType = 'string' | 'boolean' | 'int' | 'long' | 'double' | 'dateTime';

export interface FieldDefinition {
  readonly type: FieldType;
  /** @default false */
  readonly required?: boolean;
}

/** Fields by name. */
export type FieldDefinitions = Readonly<Record<string, FieldDefinition>>;

/** As opaque as Salesforce's, and another one as soon as a field is. */
export function schemaId(apiName: string, fields: FieldDefinitions | undefined): string {
  return hash('md5', JSON.stringify([apiName, fields ?? {}]), 'base64url');
}
