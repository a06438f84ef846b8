/** Something that has to hold for everything of a kind, whoever wrote it. */
export interface ConformanceProperty<Fixture> {
  /** A sentence that is true when the property holds. */
  readonly name: string;
  /** Rejects, with an AssertionError that says what was seen, when it does not hold. */
  readonly run: (fixture: Fixture) => Promise<void>;
}

/** A property with something to run it on: what a test runner takes. */
export interface ConformanceTest {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Gives each property a fixture of its own, and closes it whatever happens. */
export function conformanceTests<Fixture extends { readonly close: () => Promise<void> }>(
  properties: readonly ConformanceProperty<Fixture>[],
  create: () => Promise<Fixture>,
): readonly ConformanceTest[] {
  return properties.map((property) => ({
    name: property.name,
    async run() {
      const fixture = await create();
      try {
        await property.run(fixture);
      } finally {
        await fixture.close();
      }
    },
  }));
}
