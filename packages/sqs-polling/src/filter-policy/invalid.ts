import type { SqsError } from '../errors.ts';
import { sqsError } from '../errors.ts';

export function invalidPolicy(reason: string): SqsError {
  return sqsError(
    'SQS_FILTER_POLICY_INVALID',
    `The filter policy can't be read: ${reason}. Its form: https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html`,
  );
}
