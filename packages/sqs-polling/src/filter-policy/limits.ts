import { sqsError } from '../errors.ts';
import { parseFilterPolicy } from './parse.ts';
import type { Condition, FilterPolicy, FilterPolicyScope } from './policy.ts';

/** https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html */
const limits = {
  keys: 5,
  combinations: 150,
  bytes: 256 * 1024,
  wildcardsInPattern: 3,
  wildcardComplexity: 100,
};

/** Throws SQS_FILTER_POLICY_LIMIT when SNS would refuse the policy for its size. */
export function assertFilterPolicyLimits(
  policy: FilterPolicy,
  scope: FilterPolicyScope = 'MessageAttributes',
): void {
  const { branches } = parseFilterPolicy(policy, scope);
  // Of a nested policy only the keys at the top count. A key may stand in several alternatives of $or.
  const keys = new Set(
    branches.flat().map(({ path }) => (scope === 'MessageBody' ? path.split('.')[0] : path)),
  );
  check(
    keys.size,
    limits.keys,
    'keys',
    'Filter by fewer attributes, or let several subscriptions share the work',
  );

  // The values of all keys multiplied, each once for every level of nesting; alternatives add up.
  const combinations = branches.map((branch) =>
    branch.reduce((product, { path, anyOf }) => {
      return product * anyOf.length * (scope === 'MessageBody' ? path.split('.').length : 1);
    }, 1),
  );
  check(
    combinations.reduce((sum, count) => sum + count, 0),
    limits.combinations,
    'combinations of values',
    'Put several types under one pattern such as "Order*", or share them out among several queues',
  );
  check(
    Buffer.byteLength(JSON.stringify(policy)),
    limits.bytes,
    'bytes',
    'Put several types under one pattern',
  );
  assertWildcards(branches.flat().map(({ anyOf }) => anyOf));
}

function assertWildcards(fields: readonly (readonly Condition[])[]): void {
  let complexity = 0;
  for (const conditions of fields) {
    const counts = conditions.flatMap(wildcardsOf).map((pattern) => (pattern.match(/\*/g) ?? []).length);
    for (const count of counts) {
      check(count, limits.wildcardsInPattern, '"*" in one pattern', 'Use a shorter pattern');
    }
    // A pattern with one star costs a point, one with more three points a star; then times the number of patterns.
    complexity += counts.reduce((sum, count) => sum + (count > 1 ? 3 * count : count), 0) * counts.length;
  }
  check(
    complexity,
    limits.wildcardComplexity,
    'points of wildcard complexity',
    'Use patterns with the "*" at the start or the end, which cost none',
  );
}

function wildcardsOf(condition: Condition): readonly string[] {
  if (condition.operator === 'wildcard') return [condition.value];
  return condition.operator === 'anything-but' ? condition.excluded.flatMap(wildcardsOf) : [];
}

function check(count: number, limit: number, what: string, remedy: string): void {
  if (count <= limit) return;
  throw sqsError(
    'SQS_FILTER_POLICY_LIMIT',
    `The filter policy has ${count} ${what}; SNS takes ${limit} at the most. ${remedy}.`,
  );
}
