export type { Advice } from './salesforce/bayeux/messages.ts';
export type { Kick } from './salesforce/bayeux/sessions.ts';
export type { Counters } from './salesforce/counters.ts';
export type { Published, SalesforceEmulator, SalesforceEmulatorOptions } from './salesforce/emulator.ts';
export { salesforceEmulator } from './salesforce/emulator.ts';
export type { EventLog } from './salesforce/event-log/event-log.ts';
export type { ChannelOptions, PublishOptions } from './salesforce/event-log/options.ts';
export type {
  Fault,
  FaultFor,
  FaultTarget,
  HttpFault,
  MetaFault,
  OrgFault,
  TokenFault,
} from './salesforce/faults/fault.ts';
export type {
  RandomFaultKind,
  RandomFaults,
  RandomFaultsOptions,
} from './salesforce/faults/random-faults.ts';
export { randomFaultKinds } from './salesforce/faults/random-faults.ts';
export type { FaultRepeat, Faults } from './salesforce/faults/fault-script.ts';
export type { OrgCredentials } from './salesforce/identity.ts';
export type { OrgLimits, OrgOptions, Placement } from './salesforce/options.ts';
