/** Something that has to hold for everything of a kind, whoever wrote it. */
export interface ConformanceProperty<Fixture, Result = void> {
  /** A sentence that is true when the property holds. */
  readonly name: string;
  /** Rejects, with an AssertionError that says what was seen, when it does not hold. */
  readonly run: (fixture: Fixture) => Promise<Result>;
}

/** A property with something to run it on: what a test runner takes. */
export interface ConformanceTest<Result = void> {
  readonly name: string;
  readonly run: () => Promise<Result>;
}

/** Gives each property a fixture of its own, and closes it whatever happens. */
export function conformanceTests<Fixture extends { readonly close: () => Promise<void> }, Result = void>(
  properties: readonly ConformanceProperty<Fixture, Result>[],
  create: () => Promise<Fixture>,
): readonly ConformanceTest<Result>[] {
  return properties.map((property) => ({
    name: property.name,
    async run() {
      const fixture = await create();
      try {
        return await property.run(fixture);
      } finally {
        await fixture.close();
      }
    },
  }));
}
