import { describe } from 'vitest';

describe.todo('low-water-mark');
