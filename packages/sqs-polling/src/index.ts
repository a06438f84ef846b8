export type { SqsErrorCode } from './errors.ts';
export { sqsErrorCodes } from './errors.ts';
