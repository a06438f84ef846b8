// Errors.
export type { SalesforceErrorCode } from './errors.ts';
export { salesforceErrorCodes } from './errors.ts';
