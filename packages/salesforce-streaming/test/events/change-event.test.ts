import { describe, expect, it } from 'vitest';
import { isGapEvent } from '../../src/events/change-event.ts';

describe('isGapEvent', () => {
  it.each(['GAP_CREATE', 'GAP_UPDATE', 'GAP_DELETE', 'GAP_UNDELETE', 'GAP_OVERFLOW'])(
    'knows %s',
    (changeType) => {
      expect(isGapEvent({ ChangeEventHeader: { changeType } })).toBe(true);
    },
  );

  it.each([
    { ChangeEventHeader: { changeType: 'UPDATE' } },
    { ChangeEventHeader: {} },
    { changeType: 'GAP_CREATE' },
    {},
    'GAP_CREATE',
    null,
    undefined,
  ])('does not take %j for one', (data) => expect(isGapEvent(data)).toBe(false));
});
