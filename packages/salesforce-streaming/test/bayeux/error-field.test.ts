import { parseErrorField } from '../../src/bayeux.ts';
import { expect, test } from 'vitest';

test.each([
  ['401::Authentication invalid', 401, [], 'Authentication invalid'],
  ['403:denied_by_security_policy:create_denied', 403, ['denied_by_security_policy'], 'create_denied'],
  ['401:abc,/event/X__e:Unknown client', 401, ['abc', '/event/X__e'], 'Unknown client'],
  [
    '400::The replayId {17} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.',
    400,
    [],
    'The replayId {17} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.',
  ],
  [
    "400::The replayId for channel {/event/A__e} wasn't found using the provided replay ID map {{/event/B__e: 5}}",
    400,
    [],
    "The replayId for channel {/event/A__e} wasn't found using the provided replay ID map {{/event/B__e: 5}}",
  ],
  ['503::Server is too busy: try\nlater', 503, [], 'Server is too busy: try\nlater'],
  ['402', 402, [], ''],
  ['401:Unknown client', 401, [], 'Unknown client'],
  ['413 Maximum Request Size Exceeded', 413, [], 'Maximum Request Size Exceeded'],
  ['413 Maximum: Request Size: Exceeded', 413, [], 'Maximum: Request Size: Exceeded'],
  ['SERVER_UNAVAILABLE', undefined, [], 'SERVER_UNAVAILABLE'],
  ['4000::not a code', undefined, [], '4000::not a code'],
  ['', undefined, [], ''],
])('%s', (raw, code, args, text) => {
  expect(parseErrorField(raw)).toEqual({ code, args, text, raw });
});
