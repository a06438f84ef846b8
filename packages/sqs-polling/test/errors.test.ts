import { isMillraceError } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { describe as describeFailure, fromAwsError } from '../src/aws-errors.ts';
import { classify, classifyError } from '../src/aws-failures.ts';
import { sqsErrorCodes } from '../src/errors.ts';

const attempted = { action: 'sqs:ReceiveMessage', resource: 'orders', region: 'eu-west-1' };

function awsError(name: string, fields: object = {}): Error {
  return Object.assign(new Error('said by AWS'), { name, ...fields });
}

describe('AWS errors are sorted by what they ask of us', () => {
  it.each([
    ['QueueDoesNotExist', 'config', 'SQS_QUEUE_MISSING'],
    ['AWS.SimpleQueueService.NonExistentQueue', 'config', 'SQS_QUEUE_MISSING'],
    ['InvalidAddress', 'config', 'SQS_QUEUE_MISSING'],
    ['NotFoundException', 'config', 'SQS_TOPIC_MISSING'],
    ['AccessDenied', 'config', 'SQS_ACCESS_DENIED'],
    ['AccessDeniedException', 'config', 'SQS_ACCESS_DENIED'],
    ['AuthorizationErrorException', 'config', 'SQS_ACCESS_DENIED'],
    ['CredentialsProviderError', 'config', 'SQS_CREDENTIALS'],
    ['TokenProviderError', 'config', 'SQS_CREDENTIALS'],
    ['ExpiredTokenException', 'config', 'SQS_CREDENTIALS'],
    ['ExpiredToken', 'config', 'SQS_CREDENTIALS'],
    ['InvalidClientTokenId', 'config', 'SQS_CREDENTIALS'],
    ['UnrecognizedClientException', 'config', 'SQS_CREDENTIALS'],
    ['SignatureDoesNotMatch', 'config', 'SQS_CREDENTIALS'],
    ['InvalidSecurity', 'config', 'SQS_CREDENTIALS'],
    ['KmsAccessDenied', 'config', 'SQS_KMS'],
    ['KmsDisabled', 'config', 'SQS_KMS'],
    ['KMSNotFoundException', 'config', 'SQS_KMS'],
    ['UnsupportedOperation', 'config', 'SQS_REQUEST_FAILED'],
    ['RequestThrottled', 'throttle', 'SQS_THROTTLED'],
    ['ThrottlingException', 'throttle', 'SQS_THROTTLED'],
    ['ThrottledException', 'throttle', 'SQS_THROTTLED'],
    ['KmsThrottled', 'throttle', 'SQS_THROTTLED'],
    ['OverLimit', 'throttle', 'SQS_THROTTLED'],
    ['TooManyRequestsException', 'throttle', 'SQS_THROTTLED'],
    ['ReceiptHandleIsInvalid', 'stale', 'SQS_RECEIPT_STALE'],
    ['MessageNotInflight', 'stale', 'SQS_RECEIPT_STALE'],
    ['AWS.SimpleQueueService.MessageNotInflight', 'stale', 'SQS_RECEIPT_STALE'],
    ['TimeoutError', 'transient', 'SQS_UNREACHABLE'],
    ['InternalError', 'transient', 'SQS_SERVER_FAULT'],
    ['InternalFailure', 'transient', 'SQS_SERVER_FAULT'],
    ['ServiceUnavailable', 'transient', 'SQS_SERVER_FAULT'],
    ['BatchEntryIdsNotDistinct', 'unexpected', 'SQS_REQUEST_FAILED'],
    ['TypeError', 'unexpected', 'SQS_REQUEST_FAILED'],
  ])('%s: %s, %s', (name, kind, code) => {
    expect(classifyError(awsError(name))).toEqual({ kind, code });
    expect(fromAwsError(awsError(name), attempted).code).toBe(code);
  });

  it('by the query code when the modelled name says nothing', () => {
    const error = awsError('SQSServiceException', { Code: 'AWS.SimpleQueueService.NonExistentQueue' });
    expect(classifyError(error).code).toBe('SQS_QUEUE_MISSING');
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH'])(
    'by the code of the network: %s',
    (code) => {
      expect(classifyError(awsError('Error', { code }))).toEqual({
        kind: 'transient',
        code: 'SQS_UNREACHABLE',
      });
    },
  );

  it.each([
    [403, 'config', 'SQS_ACCESS_DENIED'],
    [401, 'config', 'SQS_ACCESS_DENIED'],
    [429, 'throttle', 'SQS_THROTTLED'],
    [500, 'transient', 'SQS_SERVER_FAULT'],
    [503, 'transient', 'SQS_SERVER_FAULT'],
    [400, 'unexpected', 'SQS_REQUEST_FAILED'],
  ])('by the HTTP status %i when no name is known', (httpStatusCode, kind, code) => {
    expect(classifyError(awsError('Unknown', { $metadata: { httpStatusCode } }))).toEqual({ kind, code });
  });

  it.each([
    'Value AQEBx for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.',
    'Value AQEBx for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.',
    'The input receipt handle is invalid.',
  ])('by its words: %s', (message) => {
    expect(classify({ names: ['InvalidParameterValue'], message })).toEqual({
      kind: 'stale',
      code: 'SQS_RECEIPT_STALE',
    });
  });

  it('by its words: a visibility timeout beyond 12 hours, a missing region', () => {
    const beyond =
      'Value 30 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].';
    expect(classify({ names: ['InvalidParameterValue'], message: beyond }).code).toBe('SQS_LEASE_EXHAUSTED');
    expect(classifyError(new Error('Region is missing')).code).toBe('SQS_REGION_MISSING');
  });

  it('and what is no error at all is unexpected', () => {
    expect(classifyError('text').kind).toBe('unexpected');
    expect(fromAwsError(undefined, attempted).code).toBe('SQS_REQUEST_FAILED');
  });
});

describe('an error of this package', () => {
  it('says what was tried, where, what is wrong and what to do', () => {
    const cause = awsError('QueueDoesNotExist');
    const error = fromAwsError(cause, attempted);
    expect(isMillraceError(error, 'SQS_QUEUE_MISSING')).toBe(true);
    expect(error.message).toBe(
      'sqs:ReceiveMessage on orders: the queue does not exist in eu-west-1. Check its name, region and account, or create it (QueueDoesNotExist).',
    );
    expect(error.cause).toBe(cause);
  });

  it('never carries what AWS says of a signature: the token is in it', () => {
    const cause = awsError('SignatureDoesNotMatch', { message: 'x-amz-security-token:s3cr3t' });
    const error = fromAwsError(cause, attempted);
    expect(error.cause).toBeUndefined();
    expect(`${error.stack}`).not.toContain('s3cr3t');
  });

  it('has words for every code that a call can end with', () => {
    const generic = describeFailure('SQS_REQUEST_FAILED', attempted, '').message;
    const own = sqsErrorCodes.filter((code) => describeFailure(code, attempted, '').message !== generic);
    expect(own).toEqual(
      expect.arrayContaining([
        'SQS_QUEUE_MISSING',
        'SQS_ACCESS_DENIED',
        'SQS_CREDENTIALS',
        'SQS_KMS',
        'SQS_THROTTLED',
      ]),
    );
  });
});
