import type { Check } from '@millrace/core';
import type { Ask } from './ask.ts';
import { failed, impossible, passed, warned } from './check.ts';
import { checkSelection } from './selection.ts';

/** Whether a channel is there, and may be subscribed to as far as the REST API can tell. */
export function checkChannel(channel: string, ask: Ask): Promise<Check> {
  const name = `channel ${channel}`;
  const [, kind = '', ...rest] = channel.split('/');
  const last = rest.join('/');
  if (last.endsWith('__chn')) return checkCustomChannel(name, kind, last, ask);
  if (kind === 'event') return checkPlatformEvent(name, last, ask);
  if (kind === 'data') return checkSelection(name, last, ask);
  if (kind === 'topic') return checkPushTopic(name, last, ask);
  if (kind === 'u') return checkGeneric(name, channel, ask);
  return Promise.resolve(passed(name, 'Whether it exists can only be told by subscribing to it.'));
}

/** Subscribing needs read access to the event, and without it the event can't be described either. */
async function checkPlatformEvent(name: string, event: string, ask: Ask): Promise<Check> {
  const answer = await ask(name, `/sobjects/${event}/describe`);
  if ('check' in answer) return answer.check;
  if (answer.value !== undefined) return passed(name);
  const problem = `The org has no platform event ${event}, or its user may not read it.`;
  const remedy = `Check the name, define the event, or give the user read access to ${event} in a permission set.`;
  // Not each event of Salesforce's own can be described.
  return event.endsWith('__e')
    ? failed(name, 'SALESFORCE_CHANNEL_MISSING', problem, remedy)
    : warned(name, 'SALESFORCE_CHANNEL_MISSING', problem, remedy);
}

/** Tooling API: "PlatformEventChannel"; its names are without the suffix. */
async function checkCustomChannel(name: string, kind: string, channel: string, ask: Ask): Promise<Check> {
  const developerName = channel.slice(0, -'__chn'.length).replace(/^.*__/, '');
  const answer = await ask.rows(
    name,
    `SELECT ChannelType FROM PlatformEventChannel WHERE DeveloperName = '${developerName}'`,
    { tooling: true, permission: 'View Setup and Configuration' },
  );
  if ('check' in answer) return answer.check;
  const types = answer.rows.map((row) => row['ChannelType']);
  if (types.includes(kind)) return passed(name);
  if (types.length === 0)
    return failed(
      name,
      'SALESFORCE_CHANNEL_MISSING',
      `The org has no custom channel ${channel}.`,
      'Check the name, or create the channel and its members with the Tooling or Metadata API.',
    );
  return failed(
    name,
    'SALESFORCE_CHANNEL_MISSING',
    `The custom channel ${channel} is one for /${types.join(', /')}.`,
    `Subscribe to /${String(types[0])}/${channel}.`,
  );
}

async function checkPushTopic(name: string, topic: string, ask: Ask): Promise<Check> {
  const answer = await ask.rows(name, `SELECT IsActive FROM PushTopic WHERE Name = '${topic}'`, {
    permission: 'read access to PushTopic',
  });
  if ('check' in answer) return answer.check;
  const [row] = answer.rows;
  if (row === undefined)
    return failed(
      name,
      'SALESFORCE_CHANNEL_MISSING',
      `The org has no PushTopic "${topic}".`,
      'Check the name and its case, or create the PushTopic.',
    );
  if (row['IsActive'] !== false)
    return passed(name, 'The user also needs read access to the object of its query.');
  return warned(
    name,
    'SALESFORCE_CHANNEL_SILENT',
    `The PushTopic "${topic}" is not active, so it sends nothing.`,
    'Set its IsActive to true.',
  );
}

/** Where "Enable Dynamic Streaming Channel Creation" is on, subscribing creates the channel. */
async function checkGeneric(name: string, channel: string, ask: Ask): Promise<Check> {
  const answer = await ask.rows(name, `SELECT Id FROM StreamingChannel WHERE Name = '${channel}'`, {
    permission: 'read access to Streaming Channels',
  });
  if ('check' in answer) return answer.check;
  if (answer.rows.length > 0) return passed(name);
  return impossible(
    name,
    `the org has no streaming channel "${channel}" yet, and may create it when it is subscribed to`,
    'Create it under Streaming Channels, or enable dynamic creation in the setup under User Interface.',
  );
}
