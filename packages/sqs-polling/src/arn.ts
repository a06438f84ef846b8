import { sqsError } from './errors.ts';

/** `arn:partition:service:region:account:name`, the form that queues and topics have. */
export interface ResourceArn {
  readonly text: string;
  /** `aws`, `aws-cn`, `aws-us-gov`, or one of the isolated ones. */
  readonly partition: string;
  readonly service: 'sqs' | 'sns';
  readonly region: string;
  /** 12 digits. */
  readonly account: string;
  readonly name: string;
  /** Whether the name ends in `.fifo`, which is what makes a queue or topic FIFO. */
  readonly fifo: boolean;
}

const arn = /^arn:(aws(?:-[a-z]+)*):(sqs|sns):([a-z]{2,4}(?:-[a-z]+)+-\d+):(\d{12}):([^:]+)$/;

/** Queue names have up to 80 characters, topic names up to 256, `.fifo` included. */
const names = { sqs: /^(?=.{1,80}$)[\w-]+(\.fifo)?$/, sns: /^(?=.{1,256}$)[\w-]+(\.fifo)?$/ };

/** Reads a queue's ARN; throws SQS_ARN_INVALID. */
export function parseQueueArn(text: string): ResourceArn {
  return parse(text, 'sqs', 'queue');
}

/** Reads a topic's ARN (a subscription's is another one); throws SQS_ARN_INVALID. */
export function parseTopicArn(text: string): ResourceArn {
  return parse(text, 'sns', 'topic');
}

function parse(text: string, service: 'sqs' | 'sns', what: string): ResourceArn {
  const [, partition, foundService, region, account, name] = arn.exec(text) ?? [];
  const valid = foundService === service && names[service].test(name ?? '');
  if (!valid || !partition || !region || !account || !name || partition !== partitionOf(region)) {
    throw sqsError(
      'SQS_ARN_INVALID',
      `${JSON.stringify(text)} is not the ARN of a ${what}. It has the form arn:aws:${service}:region:account:name, with the partition of its region and a 12-digit account.`,
    );
  }
  return { text, partition, service, region, account, name, fifo: isFifo(name) };
}

/** The partition that a region belongs to. */
export function partitionOf(region: string): string {
  const [area = '', zone = ''] = region.split('-');
  if (area === 'cn') return 'aws-cn';
  if (zone === 'gov') return 'aws-us-gov';
  if (zone.startsWith('iso')) return zone === 'iso' ? 'aws-iso' : `aws-iso-${zone.slice(3)}`;
  return area === 'eusc' ? 'aws-eusc' : 'aws';
}

export function isFifo(name: string): boolean {
  return name.endsWith('.fifo');
}
