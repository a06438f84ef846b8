import type { SalesforceSettings } from '../options.ts';
import type { Subscriptions } from '../subscriptions.ts';

/** Types and patterns that the channels carry; undefined when a function of the user's names them. */
export function eventTypes(
  { events }: SalesforceSettings,
  { all }: Subscriptions,
): readonly string[] | undefined {
  return events.decode ? undefined : all.map(({ channel }) => typesOf(channel));
}

function typesOf(channel: string): string {
  const [, kind, ...rest] = channel.split('/');
  const name = rest.join('/');
  const isCustom = name.endsWith('__chn');
  if (kind === 'u') return name;
  if (kind === 'event') return isCustom ? '*' : name;
  if (kind === 'data') return isCustom || name === 'ChangeEvents' ? '*ChangeEvent.*' : `${name}.*`;
  return `${name}.*`;
}
