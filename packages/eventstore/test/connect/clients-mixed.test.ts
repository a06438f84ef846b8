import { isMillraceError } from '@millrace/core';
import { expect, it } from 'vitest';
import { refuseMixedClients } from '../../src/connect/clients-mixed.ts';

const kurrent = '/app/node_modules/@kurrent/kurrentdb-client/dist/index.js';
const eventstore = '/app/node_modules/@eventstore/db-client/dist/index.js';

function codeOf(modules: readonly string[]): unknown {
  try {
    refuseMixedClients(modules);
    return undefined;
  } catch (error) {
    return isMillraceError(error) && { code: error.code, message: error.message };
  }
}

it('takes one client, whatever else is loaded', () => {
  const other = '/app/node_modules/@kurrent/kurrentdb-client/generated/shared_pb.js';
  expect(codeOf([])).toBeUndefined();
  expect(codeOf([kurrent, other, '/app/node_modules/@kurrent/bridge/dist/index.js'])).toBeUndefined();
  expect(codeOf([eventstore, '/app/src/@kurrent/kurrentdb-client/notes.js'])).toBeUndefined();
});

it('refuses both, and one of them twice', () => {
  expect(codeOf([kurrent, eventstore])).toMatchObject({
    code: 'EVENTSTORE_CLIENTS_MIXED',
    message: expect.stringContaining('both @kurrent/kurrentdb-client and @eventstore/db-client'),
  });
  expect(codeOf([kurrent, `/app/node_modules/tool${kurrent.slice(4)}`])).toMatchObject({
    code: 'EVENTSTORE_CLIENTS_MIXED',
    message: expect.stringContaining('2 times'),
  });
  expect(codeOf([kurrent, eventstore].map((file) => `C:${file.replaceAll('/', '\\')}`))).toMatchObject({
    code: 'EVENTSTORE_CLIENTS_MIXED',
  });
});
