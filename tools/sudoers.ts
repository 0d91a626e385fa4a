/** npm run sudoers -- USER: prints the file for /etc/sudoers.d on the nodes that lets USER do what this version needs, and nothing else. */
import { sudoersFile } from "../remote/sudoers";

try {
  process.stdout.write(sudoersFile(process.argv[2] ?? ""));
} catch (error) {
  process.stderr.write(`sudoers: error: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
