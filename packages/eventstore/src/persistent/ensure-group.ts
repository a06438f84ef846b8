import type { SourceContext } from '@millrace/core';
import { eventstoreError } from '../errors.ts';
import type { Group } from './group.ts';
import { differences } from './group-settings.ts';
import type { PersistentSettings } from './options.ts';
import type { GroupInfo } from './persistent-client.ts';

type EnsureContext = Pick<SourceContext, 'starting' | 'log'>;

/**
 * Makes sure that the group is there, with the settings that were given. Throws EVENTSTORE_GROUP_MISSING,
 * EVENTSTORE_GROUP_SETTINGS, or why the server could not be asked.
 */
export async function ensureGroup(
  group: Group,
  settings: PersistentSettings,
  context: EnsureContext,
): Promise<void> {
  const info = (await group.info()) ?? (await make(group, settings, context));
  if (info) await settle(group, info, settings, context);
}

/** What is known of the group when somebody else was quicker to make it. */
async function make(
  group: Group,
  { onMissing, wanted }: PersistentSettings,
  { starting, log }: EnsureContext,
): Promise<GroupInfo | undefined> {
  // A group that was deleted meanwhile, and made again at the end, would skip in silence what came in between.
  if (onMissing === 'fail' || !starting) {
    const remedy = starting
      ? 'Create it, or set `onMissing` to "create".'
      : 'It was deleted while it was consumed; start the consumer again to have it made.';
    throw eventstoreError('EVENTSTORE_GROUP_MISSING', `${group.title} does not exist. ${remedy}`);
  }
  if (!(await group.create(wanted))) return await group.info();
  log.info(`${group.title} was created.`);
  return undefined;
}

async function settle(
  group: Group,
  info: GroupInfo,
  { wanted, onDifferent, lease }: PersistentSettings,
  { log }: EnsureContext,
): Promise<void> {
  const different = differences(wanted, info.settings);
  if (different.length > 0) {
    const names = different.map((name) => `\`${name}\``).join(', ');
    if (onDifferent === 'fail') {
      throw wrongSettings(
        `${group.title} has other settings than those given: ${names}. Give the same, or set \`onDifferent\` to "update".`,
      );
    }
    if (wanted.consumerStrategy === 'PinnedByCorrelation' || pinsByCorrelation(info)) {
      throw wrongSettings(
        `${group.title} can't be updated (${names}): the clients can not update to or from PinnedByCorrelation. Delete the group and create it again.`,
      );
    }
    await group.update(wanted, info);
    log.info(`${group.title} was updated.`, { settings: different });
  }
  const { messageTimeout } = info.settings;
  if (wanted.messageTimeout === undefined && messageTimeout < lease) {
    throw wrongSettings(
      `${group.title} has a message timeout of ${messageTimeout} ms. Set \`settings.messageTimeout\` to it: it is how long an event is this consumer's.`,
    );
  }
}

function pinsByCorrelation({ settings }: GroupInfo): boolean {
  return settings.consumerStrategyName === 'PinnedByCorrelation';
}

function wrongSettings(problem: string) {
  return eventstoreError('EVENTSTORE_GROUP_SETTINGS', problem);
}
