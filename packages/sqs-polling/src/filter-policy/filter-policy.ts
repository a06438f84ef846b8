import { patternsOf } from '@millrace/core';
import { sqsError } from '../errors.ts';
import { assertFilterPolicyLimits } from './limits.ts';
import type { FilterCondition, FilterPolicy } from './policy.ts';

export interface FilterPolicyOptions {
  /**
   * The message attribute that names the event.
   * @default 'event'
   */
  readonly attribute?: string;
  /** Further keys that have to match as well, such as `{ tenant: ['acme'] }`. */
  readonly also?: FilterPolicy;
  /** Only what handlers take from the source of this name counts. */
  readonly source?: string;
}

/**
 * The FilterPolicy (scope `MessageAttributes`) to deploy on the subscription of a queue. `handlers` are what the
 * consumer is given, instances and registries, or the types and patterns themselves. Undefined when they take everything (`*`): deploy none. Throws SQS_FILTER_POLICY_LIMIT when SNS
 * would refuse it, SQS_FILTER_POLICY_INVALID when there are no handlers or a type can't be expressed.
 */
export function filterPolicy(
  handlers: readonly (string | object)[],
  options: FilterPolicyOptions = {},
): FilterPolicy | undefined {
  const { attribute = 'event', also, source } = options;
  const patterns = handlers.flatMap((it) => (typeof it === 'string' ? it : patternsOf([it], source)));
  if (patterns.length === 0) {
    throw sqsError(
      'SQS_FILTER_POLICY_INVALID',
      'There are no handlers to make a filter policy of. Register handlers first; for a default handler alone deploy no filter policy.',
    );
  }
  const policy: FilterPolicy = {
    ...(patterns.includes('*') ? {} : { [attribute]: [...new Set(patterns)].sort().map(conditionOf) }),
    ...also,
  };
  if (Object.keys(policy).length === 0) return undefined;
  assertFilterPolicyLimits(policy);
  return policy;
}

function conditionOf(pattern: string): FilterCondition {
  if (/["\\]/.test(pattern)) {
    throw sqsError(
      'SQS_FILTER_POLICY_INVALID',
      `The event type ${JSON.stringify(pattern)} has a quotation mark or a backslash, which filter policies escape in ways of their own. Use another name, or a pattern around it.`,
    );
  }
  const stars = pattern.split('*').length - 1;
  if (stars === 0) return pattern;
  if (stars === 1 && pattern.endsWith('*')) return { prefix: pattern.slice(0, -1) };
  if (stars === 1 && pattern.startsWith('*')) return { suffix: pattern.slice(1) };
  return { wildcard: pattern };
}
