import { conditionsOf, describeBranch, describeConstraint } from './canonical.ts';
import { parseFilterPolicy } from './parse.ts';
import type { Constraint, FilterPolicy, FilterPolicyScope } from './policy.ts';

/** A filter policy with its scope, as a subscription has them. */
export interface DeployedFilterPolicy {
  /** An object, or the JSON that SNS answers; `{}`, an empty text and undefined mean no filter. */
  readonly policy: FilterPolicy | string | undefined;
  /** @default 'MessageAttributes' */
  readonly scope?: FilterPolicyScope | undefined;
}

export interface FilterPolicyDiff {
  readonly equal: boolean;
  /** What the deployed policy lacks, a line each. */
  readonly missing: readonly string[];
  /** What the deployed policy has too much, a line each. */
  readonly extra: readonly string[];
}

/**
 * Compares two filter policies by what they say: order of keys and values, repetition, ways to write a number or a
 * nested path, an absent scope, `{}` and no policy make no difference. Throws SQS_FILTER_POLICY_INVALID.
 */
export function diffFilterPolicies(
  expected: DeployedFilterPolicy,
  deployed: DeployedFilterPolicy,
): FilterPolicyDiff {
  const [wanted, found] = [expected, deployed].map(({ policy, scope }) => parseFilterPolicy(policy, scope));
  if (!wanted || !found) throw new TypeError('two policies are needed');
  const filters = (branches: readonly (readonly Constraint[])[]) =>
    branches.every((branch) => branch.length > 0);
  // Without a filter the scope says nothing.
  const sameScope = wanted.scope === found.scope || !filters(wanted.branches) || !filters(found.branches);
  const scopes = sameScope ? [[], []] : [[`scope ${wanted.scope}`], [`scope ${found.scope}`]];
  const [one, ...others] = wanted.branches;
  const [other, ...rest] = found.branches;
  const lines =
    one && other && others.length === 0 && rest.length === 0
      ? [linesOf(one, other), linesOf(other, one)]
      : [branchesWithout(wanted.branches, found.branches), branchesWithout(found.branches, wanted.branches)];
  const missing = [...(scopes[0] ?? []), ...(lines[0] ?? [])];
  const extra = [...(scopes[1] ?? []), ...(lines[1] ?? [])];
  return { equal: missing.length + extra.length === 0, missing, extra };
}

/** What one branch says and the other does not, a line for each value. */
function linesOf(branch: readonly Constraint[], other: readonly Constraint[]): readonly string[] {
  return branch.flatMap((constraint) => {
    const known = other.filter(({ path }) => path === constraint.path).flatMap(conditionsOf);
    if (known.length === 0) return [`only if ${describeConstraint(constraint)}`];
    return conditionsOf(constraint)
      .filter((condition) => !known.includes(condition))
      .map((condition) => `${constraint.path}: ${condition}`);
  });
}

type Branches = readonly (readonly Constraint[])[];

function branchesWithout(branches: Branches, others: Branches): readonly string[] {
  const known = new Set(others.map(describeBranch));
  return [...new Set(branches.map(describeBranch))].filter((branch) => !known.has(branch));
}
