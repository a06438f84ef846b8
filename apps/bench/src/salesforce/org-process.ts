import { setImmediate, setTimeout } from 'node:timers/promises';
import { salesforceEmulator } from '@millrace/testing/salesforce';

import { monotonic } from '../process/monotonic.ts';
import { serve } from '../process/serve.ts';
import { createEvent } from './bench-event.ts';
import type { OrgCalls } from './org.ts';

// In a process of its own, so that its CPU time is not the contenders'.
const org = await salesforceEmulator({
  eventsPerReply: Number(process.argv[2]),
  // Nothing by chance: all contenders get the same replies.
  events: 'after',
  eventsInSubscribeReply: false,
});

const troubles = { revoked: () => org.revokeTokens(), kicked: () => org.kick() };

function publish(channel: string, number: number): string {
  return org.publish(channel, createEvent(number)).replayId;
}

serve({
  address: () => ({
    url: org.url,
    clientId: org.credentials.clientId,
    clientSecret: org.credentials.clientSecret,
  }),
  fill(channel, events) {
    org.log.define(channel);
    let position = '';
    for (let number = 0; number < events; number += 1) {
      position = publish(channel, number);
    }
    return position;
  },
  publish,
  async pollHangs() {
    while (org.counters.polls === 0) await setTimeout(1);
  },
  async makeTrouble(trouble, channel, number) {
    const at = monotonic();
    troubles[trouble]();
    // The poll that hung is answered by then, so that the event can't travel with that answer.
    await setImmediate();
    return { at, position: publish(channel, number) };
  },
} satisfies OrgCalls);
