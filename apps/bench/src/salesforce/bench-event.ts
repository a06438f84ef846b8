/** The fields of the platform events that the benches publish. */
export type BenchEvent = ReturnType<typeof createEvent>;

/** Some 500 bytes of JSON in a reply, with what an org adds. */
export function createEvent(number: number) {
  return { Number__c: number, Customer__c: 'c-1', Total__c: 12.5, Note__c: '.'.repeat(200) };
}
