// Errors.
export type { EventstoreErrorCode } from './errors.ts';
export { eventstoreErrorCodes } from './errors.ts';
