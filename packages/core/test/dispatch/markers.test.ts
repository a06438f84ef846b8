import { describe } from 'vitest';

describe.todo('markers');
