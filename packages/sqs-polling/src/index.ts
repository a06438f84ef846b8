// Consuming.
export type { ConnectionOptions } from './clients.ts';
export type { DecodeOptions } from './decode/options.ts';
export type { SqsOptions } from './options.ts';
export { sqs } from './source.ts';

// Publishing.
export type { PublishEventDecorator, PublishEventOptions } from './publish-event.ts';
export { publishEvent } from './publish-event.ts';
export type { OutgoingEvent, SnsEvent, SqsEvent } from './publisher/event.ts';
export type { PublisherSettings } from './publisher/options.ts';
export type { EventPublisher, PublishOptions } from './publisher/publisher.ts';
export type { Published, PublishManyError, PublishResult } from './publisher/results.ts';
export { isPublishManyError } from './publisher/results.ts';
export type { SnsPublisherOptions } from './publisher/sns-publisher.ts';
export { snsPublisher } from './publisher/sns-publisher.ts';
export type { SqsPublisherOptions } from './publisher/sqs-publisher.ts';
export { sqsPublisher } from './publisher/sqs-publisher.ts';

// Filter policies.
export type { DeployedFilterPolicy, FilterPolicyDiff } from './filter-policy/diff.ts';
export { diffFilterPolicies } from './filter-policy/diff.ts';
export type { FilterPolicyOptions } from './filter-policy/filter-policy.ts';
export { filterPolicy } from './filter-policy/filter-policy.ts';
export type { FilterCondition, FilterPolicy, FilterPolicyScope } from './filter-policy/policy.ts';

// Errors.
export type { SqsErrorCode } from './errors.ts';
export { sqsErrorCodes } from './errors.ts';
