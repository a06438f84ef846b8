import { describe, expect, it } from 'vitest';
import { readArguments } from '../src/arguments.ts';

describe('the arguments of the demo', () => {
  it('are all optional', () => {
    expect(readArguments([])).toEqual({ json: false, keep: false, kafka: undefined, sabotage: undefined });
  });

  it('may come behind the -- that package managers pass on', () => {
    expect(readArguments(['--', '--json'])).toMatchObject({ json: true });
  });

  it.each([
    [['--kafka'], 'own'],
    [['--kafka', '--json'], 'own'],
    [['--kafka', 'localhost:9092'], 'localhost:9092'],
    [['--kafka=broker.example:9092'], 'broker.example:9092'],
  ])('say with %j which Kafka is used', (args, kafka) => {
    expect(readArguments(args)).toMatchObject({ kafka });
  });

  it.each([
    [['--sabotage=lose'], 'sqs'],
    [['--sabotage=lose', '--source=salesforce'], 'salesforce'],
    [['--sabotage=lose', '--source=eventstore'], 'eventstore'],
    [['--sabotage=lose', '--source=http'], 'http'],
  ])('say with %j whose event is spoiled', (args, broker) => {
    expect(readArguments(args)).toMatchObject({ sabotage: { how: 'lose', broker } });
  });

  it.each([
    ['--sabotage=often'],
    ['--sabotage=lose --source=kafka'],
    ['--source=salesforce'],
    ['--kafka=localhost'],
    ['--kafka localhost'],
    ['--jason'],
    ['json'],
  ])('are refused when they are %s', (argument) => {
    expect(() => readArguments(argument.split(' '))).toThrow(TypeError);
  });
});
