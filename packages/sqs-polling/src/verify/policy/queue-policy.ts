import type { ResourceArn } from '../../arn.ts';
import { isObject, readJson } from '../../json.ts';
import { conditionsHold, listOf, unmetConditions } from './conditions.ts';
import type { RequestContext } from './conditions.ts';
import { like } from './patterns.ts';

/** What a queue's policy says to SNS sending a topic's events. */
export interface Verdict {
  /** `undecided`: it depends on what can't be known from here. */
  readonly outcome: 'allowed' | 'denied' | 'undecided';
  /** Why, in words; empty when it is allowed. */
  readonly reason: string;
}

const action = 'sqs:SendMessage';

/** Evaluates all statements: one that denies outweighs those that allow, and what nothing allows is denied. */
export function judgeQueuePolicy(
  policy: string | undefined,
  queue: ResourceArn,
  topic: ResourceArn,
): Verdict {
  if (policy === undefined || policy === '') return denied('the queue has no policy');
  const document = readJson(policy);
  if (!isObject(document)) return undecided('the policy is not a JSON object');
  const statements = [document['Statement']].flat().map((statement, index) => {
    return judgeStatement(isObject(statement) ? statement : {}, index, queue, topic);
  });
  const among = (effect: string) => statements.filter((statement) => statement.effect === effect);
  const [denies, allows] = [among('deny'), among('allow')];

  const deny = denies.find(({ applies }) => applies === true);
  if (deny) return denied(`${deny.name} denies it`);
  const allow = allows.find(({ applies }) => applies === true);
  const open = [...denies, ...(allow ? [] : allows)].find(({ applies }) => applies === undefined);
  if (open) return undecided(`${open.name} depends on ${open.mismatch}`);
  if (allow) return { outcome: 'allowed', reason: '' };
  const reasons = allows.map(({ name, mismatch }) => `${name} does not apply because of ${mismatch}`);
  return denied(reasons.join('; ') || 'no statement allows it');
}

const denied = (reason: string): Verdict => ({ outcome: 'denied', reason });
const undecided = (reason: string): Verdict => ({ outcome: 'undecided', reason });

interface JudgedStatement {
  readonly name: string;
  readonly effect: string;
  readonly applies: boolean | undefined;
  /** What keeps it from applying for certain. */
  readonly mismatch: string;
}

function judgeStatement(
  statement: Record<string, unknown>,
  index: number,
  queue: ResourceArn,
  topic: ResourceArn,
): JudgedStatement {
  const { Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition } =
    statement;
  const context = contextOf(topic);
  const conditions = conditionsHold(Condition, context);
  const elements = [
    {
      what: `its principal ${JSON.stringify(Principal ?? { not: NotPrincipal })}`,
      holds: NotPrincipal === undefined ? names(Principal, topic) : !names(NotPrincipal, topic),
    },
    {
      what: `its action ${JSON.stringify(Action ?? { not: NotAction })}`,
      holds: NotAction === undefined ? isAction(Action) : !isAction(NotAction),
    },
    {
      what: `its resource ${JSON.stringify(Resource ?? { not: NotResource })}`,
      holds: NotResource === undefined ? isResource(Resource, queue) : !isResource(NotResource, queue),
    },
    { what: `its condition ${unmetConditions(Condition, context).join(' and ')}`, holds: conditions },
  ];
  const mismatch =
    elements.find(({ holds }) => holds === false) ?? elements.find(({ holds }) => holds === undefined);
  return {
    name: typeof Sid === 'string' && Sid !== '' ? `statement "${Sid}"` : `statement ${index + 1}`,
    effect: String(Effect).toLowerCase(),
    applies: mismatch ? mismatch.holds : true,
    mismatch: mismatch?.what ?? '',
  };
}

/** What AWS tells of a delivery by SNS. https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html */
function contextOf(topic: ResourceArn): RequestContext {
  return {
    'aws:sourcearn': topic.text,
    'aws:sourceaccount': topic.account,
    'aws:principalisawsservice': 'true',
    'aws:principalservicename': 'sns.amazonaws.com',
    'aws:securetransport': 'true',
  };
}

/** Whether SNS is among the principals. Topics of opt-in regions deliver elsewhere under the name of their region. */
function names(principal: unknown, topic: ResourceArn): boolean {
  if (principal === '*') return true;
  if (!isObject(principal)) return false;
  const services = ['*', 'sns.amazonaws.com', `sns.${topic.region}.amazonaws.com`];
  return (
    listOf(principal['AWS']).includes('*') ||
    listOf(principal['Service']).some((service) => services.includes(service.toLowerCase()))
  );
}

function isAction(actions: unknown): boolean {
  return listOf(actions).some((one) => like(one.toLowerCase(), action.toLowerCase()));
}

/** A policy on a queue may leave its resource out: it is the queue. */
function isResource(resources: unknown, queue: ResourceArn): boolean {
  return resources === undefined || listOf(resources).some((one) => like(one, queue.text));
}
