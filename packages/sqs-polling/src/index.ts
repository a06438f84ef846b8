export type { SqsErrorCode } from './errors.ts';
export { sqsErrorCodes } from './errors.ts';
export type { SqsOptions } from './options.ts';
export { sqs } from './source.ts';
