import { openStorage } from '../../src/adapters/storage/open-storage.ts';

// Opens the storage named by its argument, in a process of its own; the tests read what it prints.
const [, , url = ''] = process.argv;
try {
  const storage = await openStorage({ url });
  await storage.ping();
  await storage.close();
  process.stdout.write('opened\n');
} catch (error) {
  process.stdout.write(error instanceof Error ? `${error.name}: ${error.message}\n` : 'fault\n');
  process.exitCode = 1;
}
