import type { Check, VerifyContext } from '@millrace/core';
import type { ResourceArn } from '../arn.ts';
import type { DecodeSettings } from '../decode/options.ts';
import { isMillraceError } from '@millrace/core';
import type { Gap } from '../filter-policy/delivery.ts';
import { compareDelivery, furtherConstraints } from '../filter-policy/delivery.ts';
import { filterPolicy } from '../filter-policy/filter-policy.ts';
import { parseFilterPolicy } from '../filter-policy/parse.ts';
import type { FilterPolicyScope, ParsedPolicy } from '../filter-policy/policy.ts';
import { failed, passed, warned } from './check.ts';
import type { SubscriptionFacts } from './subscription-facts.ts';

/** Where an event's name is, in the terms of filter policies. */
export interface NamePlace {
  readonly scope: FilterPolicyScope;
  readonly path: string;
}

/** Undefined: a function of the user's finds it. */
export function placeOfName({ eventAttribute, eventFrom }: DecodeSettings): NamePlace | undefined {
  if (eventFrom === undefined) return { scope: 'MessageAttributes', path: eventAttribute };
  return typeof eventFrom === 'string' ? { scope: 'MessageBody', path: eventFrom } : undefined;
}

/** Does the deployed filter policy let through what the handlers take, and nothing else? */
export function* checkFilterPolicy(
  subscription: SubscriptionFacts,
  topic: ResourceArn,
  place: NamePlace | undefined,
  context: Pick<VerifyContext, 'patterns' | 'takesAll'>,
): Generator<Check> {
  const name = `filter policy of ${topic.name}`;
  const policy = readPolicy(subscription);
  if (policy === undefined) {
    yield warned(
      name,
      'SQS_FILTER_POLICY_INVALID',
      `The deployed filter policy has something in it that is not known here, so it is not compared with the handlers: ${subscription.filterPolicy}`,
      'See that events arrive.',
    );
    return;
  }
  const filters = policy.branches.some((branch) => branch.length > 0);
  if (filters && (place === undefined || place.scope !== policy.scope)) {
    yield otherScope(name, policy, place);
    return;
  }
  yield* compare(name, policy, place?.path ?? '', context);
}

/** Undefined when there is something in it that we do not know. */
export function readPolicy({ filterPolicy, scope }: SubscriptionFacts): ParsedPolicy | undefined {
  try {
    return parseFilterPolicy(filterPolicy, scope);
  } catch (error) {
    if (isMillraceError(error, 'SQS_FILTER_POLICY_INVALID')) return undefined;
    throw error;
  }
}

function otherScope(name: string, policy: ParsedPolicy, place: NamePlace | undefined): Check {
  const remedy = 'Filter by what carries the name of the event, or see that events arrive.';
  if (place === undefined) {
    return warned(
      name,
      'SQS_FILTER_POLICY_SCOPE',
      'The name of an event is found by a function, so the filter policy can not be compared with the handlers.',
      remedy,
    );
  }
  const where = { MessageAttributes: 'the attributes', MessageBody: 'the body' };
  const problem = `The filter policy looks at ${where[policy.scope]}, but the name of an event is in ${where[place.scope]}, in "${place.path}".`;
  const same = policy.branches.flat().some(({ path }) => path === place.path);
  if (!same)
    return warned(
      name,
      'SQS_FILTER_POLICY_SCOPE',
      `${problem} So it can not be compared with the handlers.`,
      remedy,
    );
  return failed(
    name,
    'SQS_FILTER_POLICY_SCOPE',
    `${problem} It filters by "${place.path}" where there is none.`,
    `Set FilterPolicyScope of the subscription to ${place.scope}.`,
  );
}

function compare(
  name: string,
  policy: ParsedPolicy,
  path: string,
  { patterns, takesAll }: Pick<VerifyContext, 'patterns' | 'takesAll'>,
): readonly Check[] {
  const delivery = compareDelivery(policy, path, { patterns, takesAll });
  const { undelivered, conditional, unhandled, undecided } = delivery;
  const deploy = toDeploy(patterns, takesAll, path, policy.scope);
  const checks: Check[] = [];
  if (undelivered.length > 0) {
    const problem = `The deployed filter policy keeps back events that have handlers: ${inWords(undelivered)}.`;
    const remedy = `Deploy a policy that lets them through${deploy}. Changes take up to 15 minutes.`;
    checks.push(failed(name, 'SQS_FILTER_POLICY_MISMATCH', problem, remedy));
  }
  if (conditional.length > 0) {
    const only = furtherConstraints(policy, path).join(', or ');
    const problem = `The deployed filter policy lets events with handlers through only if ${only}: ${inWords(conditional)}.`;
    const remedy = 'If this is not meant, take the further keys out of the policy.';
    checks.push(warned(name, 'SQS_FILTER_POLICY_NARROW', problem, remedy));
  }
  if (takesAll && policy.branches.every((branch) => branch.length > 0)) {
    const problem =
      'There is a default handler, which takes every event, but the deployed filter policy lets only some through.';
    const remedy = 'If this is not meant, remove the filter policy.';
    checks.push(warned(name, 'SQS_FILTER_POLICY_NARROW', problem, remedy));
  }
  if (unhandled.length > 0) {
    const problem = `The deployed filter policy lets events through that no handler takes: ${inWords(unhandled)}.`;
    const remedy = `Is the module with their handler registered? If they are not wanted, deploy a narrower policy${deploy}.`;
    checks.push(warned(name, 'SQS_FILTER_POLICY_EXTRA', problem, remedy));
  }
  if (undecided.length > 0) {
    const problem = `The deployed filter policy is too intricate to compare it with: ${undecided.join(', ')}.`;
    const remedy = 'See that events arrive, or make the policy simpler.';
    checks.push(warned(name, 'SQS_FILTER_POLICY_MISMATCH', problem, remedy));
  }
  return checks.length > 0 ? checks : [passed(name)];
}

/** What differs, and an event by which one sees it where that is not plain. */
function inWords(gaps: readonly Gap[]): string {
  const plain = ({ what, example }: Gap) => what === example || what.endsWith(JSON.stringify(example));
  return gaps.map((gap) => (plain(gap) ? gap.what : `${gap.what} (such as ${gap.example})`)).join(', ');
}

function toDeploy(
  patterns: readonly string[],
  takesAll: boolean,
  path: string,
  scope: FilterPolicyScope,
): string {
  if (takesAll || patterns.length === 0 || scope === 'MessageBody') return '';
  try {
    const policy = filterPolicy(patterns, { attribute: path });
    return policy ? `, such as ${JSON.stringify(policy)}` : '';
  } catch (error) {
    return isMillraceError(error) ? `. (${error.message})` : '';
  }
}
