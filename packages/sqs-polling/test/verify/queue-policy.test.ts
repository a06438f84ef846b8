import { describe, expect, test } from 'vitest';
import { parseQueueArn, parseTopicArn } from '../../src/arn.ts';
import { judgeQueuePolicy } from '../../src/verify/policy/queue-policy.ts';

const queue = parseQueueArn('arn:aws:sqs:eu-west-1:123456789012:orders');
const topic = parseTopicArn('arn:aws:sns:eu-west-1:210987654321:shop');

type Statement = Record<string, unknown>;

/** The statement that AWS's documentation gives, to vary. */
const allow = (changes: Statement = {}): Statement => ({
  Effect: 'Allow',
  Principal: { Service: 'sns.amazonaws.com' },
  Action: 'sqs:SendMessage',
  Resource: queue.text,
  Condition: { ArnEquals: { 'aws:SourceArn': topic.text } },
  ...changes,
});
const deny = (changes: Statement = {}): Statement =>
  allow({ Effect: 'Deny', Condition: undefined, ...changes });
const when = (...conditions: Statement[]) =>
  allow({ Condition: Object.assign({}, ...conditions) as unknown });
const source = (operator: string, ...values: readonly unknown[]) => ({
  [operator]: { 'aws:SourceArn': values.length === 1 ? values[0] : values },
});

const judge = (...statements: readonly Statement[]) =>
  judgeQueuePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), queue, topic);

const another = 'arn:aws:sns:eu-west-1:210987654321:other';

describe('a statement that allows', () => {
  test.each<[string, Statement]>([
    ['as documented', allow()],
    ['without a condition', allow({ Condition: undefined })],
    ['with several actions', allow({ Action: ['sqs:ReceiveMessage', 'sqs:SendMessage'] })],
    ['actions have no case', allow({ Action: 'SQS:sendmessage' })],
    ['all actions of SQS', allow({ Action: 'sqs:*' })],
    ['all actions', allow({ Action: '*' })],
    ['actions by a star inside', allow({ Action: 'sqs:Send*' })],
    ['actions by a question mark', allow({ Action: 'sqs:SendMessag?' })],
    ['all actions but others', allow({ Action: undefined, NotAction: ['sqs:DeleteQueue', 'sqs:Purge*'] })],
    ['several services', allow({ Principal: { Service: ['events.amazonaws.com', 'sns.amazonaws.com'] } })],
    ['SNS of the region', allow({ Principal: { Service: 'sns.eu-west-1.amazonaws.com' } })],
    ['anybody', allow({ Principal: '*' })],
    ['anybody, as AWS writes it back', allow({ Principal: { AWS: '*' } })],
    ['anybody, in a list', allow({ Principal: { AWS: ['*'] } })],
    ['anybody but an account', allow({ Principal: undefined, NotPrincipal: { AWS: '111111111111' } })],
    ['several resources', allow({ Resource: ['arn:aws:sqs:eu-west-1:123456789012:a', queue.text] })],
    ['all resources', allow({ Resource: '*' })],
    ['resources by a star', allow({ Resource: 'arn:aws:sqs:*:123456789012:ord*' })],
    ['no resource: it is the queue', allow({ Resource: undefined })],
    ['all resources but others', allow({ Resource: undefined, NotResource: 'arn:aws:sqs:*:*:billing' })],
    ['ArnLike', when(source('ArnLike', topic.text))],
    ['ArnLike with stars', when(source('ArnLike', 'arn:aws:sns:*:210987654321:*'))],
    ['ArnEquals knows stars too', when(source('ArnEquals', 'arn:aws:sns:eu-west-1:*:shop'))],
    ['one of several topics', when(source('ArnEquals', another, topic.text))],
    ['StringEquals', when(source('StringEquals', topic.text))],
    ['StringLike', when(source('StringLike', 'arn:aws:sns:*:shop'))],
    ['StringEqualsIgnoreCase', when(source('StringEqualsIgnoreCase', topic.text.toUpperCase()))],
    ['an operator in another case', when(source('arnequals', topic.text))],
    ['a key in another case', when({ ArnEquals: { 'AWS:sourcearn': topic.text } })],
    ['ForAnyValue makes no difference', when(source('ForAnyValue:StringEquals', topic.text))],
    ['IfExists makes no difference', when(source('ArnEqualsIfExists', topic.text))],
    ['not another topic', when(source('ArnNotEquals', another))],
    ['not like others', when(source('StringNotLike', 'arn:aws:sns:us-*'))],
    ['the account of the topic', when({ StringEquals: { 'aws:SourceAccount': '210987654321' } })],
    ['an account written as a number', when({ StringEquals: { 'aws:SourceAccount': 210_987_654_321 } })],
    [
      'topic and account',
      when(source('ArnLike', topic.text), { StringEquals: { 'aws:SourceAccount': '210987654321' } }),
    ],
    ['only encrypted', when({ Bool: { 'aws:SecureTransport': 'true' } })],
    ['only AWS services', when({ Bool: { 'aws:PrincipalIsAWSService': true } })],
    ['the key must be there', when({ Null: { 'aws:SourceArn': 'false' } })],
  ])('%s', (_why, statement) => {
    expect(judge(statement)).toEqual({ outcome: 'allowed', reason: '' });
  });

  test('one of several is enough', () => {
    expect(judge(allow({ Action: 'sqs:ReceiveMessage' }), allow()).outcome).toBe('allowed');
  });

  test('a single statement needs no list', () => {
    const policy = JSON.stringify({ Statement: allow() });
    expect(judgeQueuePolicy(policy, queue, topic).outcome).toBe('allowed');
  });
});

describe('a statement that does not', () => {
  test.each<[string, Statement, string]>([
    ['another action', allow({ Action: 'sqs:ReceiveMessage' }), 'its action "sqs:ReceiveMessage"'],
    [
      'the action is excepted',
      allow({ Action: undefined, NotAction: 'sqs:Send*' }),
      'its action {"not":"sqs:Send*"}',
    ],
    ['no action', allow({ Action: [] }), 'its action []'],
    [
      'another service',
      allow({ Principal: { Service: 'events.amazonaws.com' } }),
      'its principal {"Service":"events.amazonaws.com"}',
    ],
    [
      'SNS of another region',
      allow({ Principal: { Service: 'sns.us-east-1.amazonaws.com' } }),
      'its principal',
    ],
    // A service acts for itself, not as the account that owns the topic.
    [
      'the account of the topic',
      allow({ Principal: { AWS: '210987654321' } }),
      'its principal {"AWS":"210987654321"}',
    ],
    [
      'SNS is excepted',
      allow({ Principal: undefined, NotPrincipal: { Service: 'sns.amazonaws.com' } }),
      'its principal {"not":',
    ],
    ['no principal', allow({ Principal: undefined }), 'its principal'],
    ['another queue', allow({ Resource: `${queue.text}2` }), `its resource "${queue.text}2"`],
    [
      'the queue in another region',
      allow({ Resource: queue.text.replace('eu-west-1', 'eu-west-2') }),
      'its resource',
    ],
    ['the queue is excepted', allow({ Resource: undefined, NotResource: '*' }), 'its resource {"not":"*"}'],
    [
      'another topic',
      when(source('ArnEquals', another)),
      `its condition ArnEquals aws:SourceArn "${another}"`,
    ],
    [
      'the topic in another account',
      when(source('ArnEquals', topic.text.replace('2109', '2108'))),
      'its condition',
    ],
    [
      'a star does not reach over a colon in ArnLike',
      when(source('ArnLike', 'arn:aws:sns:eu-west-1:*:x:shop')),
      'its condition',
    ],
    [
      'StringEquals takes a star as it is',
      when(source('StringEquals', 'arn:aws:sns:*:*:shop')),
      'StringEquals aws:SourceArn',
    ],
    ['case counts in StringEquals', when(source('StringEquals', topic.text.toUpperCase())), 'its condition'],
    ['not this topic', when(source('ArnNotEquals', topic.text)), 'ArnNotEquals'],
    ['none of several', when(source('StringNotEquals', another, topic.text)), 'StringNotEquals'],
    [
      'another account',
      when({ StringEquals: { 'aws:SourceAccount': '123456789012' } }),
      'aws:SourceAccount "123456789012"',
    ],
    [
      'the topic, but another account',
      when(source('ArnEquals', topic.text), { StringEquals: { 'aws:SourceAccount': '1' } }),
      'StringEquals aws:SourceAccount "1"',
    ],
    ['only unencrypted', when({ Bool: { 'aws:SecureTransport': 'false' } }), 'aws:SecureTransport'],
    ['the key must be absent', when({ Null: { 'aws:SourceArn': 'true' } }), 'Null aws:SourceArn'],
  ])('%s', (_why, statement, mismatch) => {
    const { outcome, reason } = judge(statement);
    expect(outcome).toBe('denied');
    expect(reason).toMatch(/^statement 1 does not apply because of its /);
    expect(reason).toContain(mismatch);
  });

  test('each statement says why', () => {
    expect(judge(allow({ Sid: 'ForSns', Action: 'sqs:x' }), allow({ Resource: 'r' })).reason).toBe(
      'statement "ForSns" does not apply because of its action "sqs:x"; statement 2 does not apply because of its resource "r"',
    );
  });

  test.each([
    [undefined, 'the queue has no policy'],
    ['', 'the queue has no policy'],
    ['{"Statement":[]}', 'no statement allows it'],
  ])('policy %s', (policy, reason) => {
    expect(judgeQueuePolicy(policy, queue, topic)).toEqual({ outcome: 'denied', reason });
  });
});

describe('a statement that denies', () => {
  test.each<[string, Statement]>([
    ['all', deny({ Principal: '*', Action: '*', Resource: '*' })],
    ['the action', deny()],
    ['all but another action', deny({ Action: undefined, NotAction: 'sqs:ReceiveMessage' })],
    [
      'anybody but an account',
      deny({ Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::123456789012:root' } }),
    ],
    ['what comes from elsewhere', deny({ Condition: source('ArnNotEquals', another) })],
    ['encrypted requests, by mistake', deny({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } })],
  ])('%s', (_why, statement) => {
    expect(judge(allow(), { ...statement, Sid: 'No' })).toEqual({
      outcome: 'denied',
      reason: 'statement "No" denies it',
    });
    // The order does not matter.
    expect(judge({ ...statement, Sid: 'No' }, allow()).outcome).toBe('denied');
  });

  test.each<[string, Statement]>([
    ['another action', deny({ Action: 'sqs:DeleteQueue' })],
    ['another principal', deny({ Principal: { AWS: '111111111111' } })],
    ['another queue', deny({ Resource: 'arn:aws:sqs:eu-west-1:123456789012:billing' })],
    ['anybody but SNS', deny({ Principal: undefined, NotPrincipal: { Service: 'sns.amazonaws.com' } })],
    [
      'unencrypted requests',
      deny({ Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    ],
    ['what comes from elsewhere', deny({ Condition: source('ArnNotLike', 'arn:aws:sns:*:*:shop') })],
    // The usual fence around an organisation: what is not known of the one key does not matter for the other.
    [
      'outsiders that are no service',
      deny({
        Principal: '*',
        Condition: {
          StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-1' },
          BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
        },
      }),
    ],
  ])('does not concern SNS: %s', (_why, statement) => {
    expect(judge(statement, allow()).outcome).toBe('allowed');
  });
});

describe('what can not be told from here', () => {
  test.each<[string, readonly Statement[], string]>([
    [
      'a key that nothing is known of',
      [when({ StringEquals: { 'aws:SourceOrgID': 'o-1' } })],
      'StringEquals aws:SourceOrgID "o-1"',
    ],
    [
      'an operator that nothing is known of',
      [when({ DateLessThan: { 'aws:SourceArn': '2030-01-01' } })],
      'DateLessThan',
    ],
    [
      'a variable',
      [when(source('StringLike', 'arn:aws:sns:*:${aws:PrincipalAccount}:*'))],
      '${aws:PrincipalAccount}',
    ],
    [
      'an ARN with too few parts',
      [when(source('ArnLike', 'arn:aws:sns:*'))],
      'ArnLike aws:SourceArn "arn:aws:sns:*"',
    ],
    [
      'a denial on such a key',
      [allow(), deny({ Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } } })],
      'aws:SourceVpce',
    ],
    ['a condition that is none', [allow({ Condition: { StringEquals: 'x' } })], 'its condition'],
  ])('%s', (_why, statements, reason) => {
    const verdict = judge(...statements);
    expect(verdict.outcome).toBe('undecided');
    expect(verdict.reason).toContain(reason);
  });

  test('what allows for certain outweighs what may allow', () => {
    expect(judge(when({ StringEquals: { 'aws:SourceOrgID': 'o-1' } }), allow()).outcome).toBe('allowed');
  });

  test('what denies for certain outweighs what may deny', () => {
    const maybe = deny({ Condition: { StringEquals: { 'aws:SourceOrgID': 'o-1' } } });
    expect(judge(maybe, allow(), deny()).outcome).toBe('denied');
  });

  test('a policy that is no JSON object', () => {
    expect(judgeQueuePolicy('oops', queue, topic).outcome).toBe('undecided');
  });
});
