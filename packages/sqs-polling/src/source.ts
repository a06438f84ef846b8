import type { Source } from '@millrace/core';
import { capabilitiesOf } from './capabilities.ts';
import { passesByItself } from './errors.ts';
import type { SqsOptions } from './options.ts';
import { checkOptions } from './options.ts';
import { openSession } from './session.ts';
import { createVerification } from './verify/verification.ts';

/**
 * A queue as a source. With `topicArn` it stands for the events of a topic. Throws SQS_OPTIONS, SQS_ARN_INVALID,
 * SQS_QUEUE_URL_INVALID or SQS_REGION_MISMATCH when the options make no sense.
 */
export function sqs(options: SqsOptions): Source {
  const settings = checkOptions(options);
  let openedBefore = false;
  return {
    name: options.name ?? settings.queue.name,
    capabilities: capabilitiesOf(settings),
    settings: options,
    async open(context) {
      try {
        const session = await openSession(settings, context);
        openedBefore = true;
        return session;
      } catch (error) {
        // Once it has worked, trouble that passes is no reason to fail for good; to core an error with a code is one.
        if (openedBefore && passesByItself(error)) throw new Error(error.message, { cause: error });
        throw error;
      }
    },
    ...createVerification(settings),
  };
}
