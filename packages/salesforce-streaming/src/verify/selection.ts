import type { Check } from '@millrace/core';
import type { Ask } from './ask.ts';
import { passed, warned } from './check.ts';

/** A change event, or all of them: is it there, and is its object selected for change data capture? */
export async function checkSelection(name: string, event: string, ask: Ask): Promise<Check> {
  const isAll = event === 'ChangeEvents';
  if (!isAll) {
    const described = await ask(name, `/sobjects/${event}/describe`);
    if ('check' in described) return described.check;
    // Only subscribing tells for sure: describing may need more than that.
    if (described.value === undefined)
      return warned(
        name,
        'SALESFORCE_CHANNEL_MISSING',
        `The org has no change event ${event}, or its user may not see the object.`,
        'Check the name (Account: AccountChangeEvent, Thing__c: Thing__ChangeEvent), and give the user View All Records for the object.',
      );
  }
  const answer = await ask.rows(
    name,
    "SELECT SelectedEntity FROM PlatformEventChannelMember WHERE EventChannel = 'ChangeEvents'",
    { tooling: true, permission: 'View Setup and Configuration' },
  );
  if ('check' in answer) return answer.check;
  const selected = answer.rows.map((row) => String(row['SelectedEntity']));
  if (isAll && selected.length > 0)
    return passed(name, 'Events of objects for which the user lacks View All Records are left out.');
  if (selected.includes(event)) return passed(name);
  if (!isAll && selected.some((entity) => !entity.endsWith('ChangeEvent')))
    return passed(name, 'Whether its object is selected could not be told.');
  return warned(
    name,
    'SALESFORCE_CHANNEL_SILENT',
    isAll
      ? 'No object is selected for change data capture.'
      : `The object of ${event} is not selected for change data capture.`,
    'Select it in the setup under Change Data Capture.',
  );
}
