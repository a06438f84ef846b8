export type { Advice } from './salesforce/bayeux/messages.ts';
export type { Kick } from './salesforce/bayeux/sessions.ts';
export type { Counters } from './salesforce/counters.ts';
export type { Published, SalesforceEmulator, SalesforceEmulatorOptions } from './salesforce/emulator.ts';
export { salesforceEmulator } from './salesforce/emulator.ts';
export type { ChangeInput, Transaction } from './salesforce/event-log/change.ts';
export type {
  ChangeEventHeader,
  ChangeType,
  EventContent,
  Fields,
  LoggedEvent,
  RecordChange,
} from './salesforce/event-log/event.ts';
export type { EventLog } from './salesforce/event-log/event-log.ts';
export type { Channel, ChannelOptions, PublishOptions } from './salesforce/event-log/options.ts';
export type { FieldDefinition, FieldDefinitions, FieldType } from './salesforce/event-log/schema.ts';
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
