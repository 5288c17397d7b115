// Parses the file named as the argument with the AsyncAPI project's parser, Avro payloads included; exit 1 on any error.
import { readFileSync } from 'node:fs';
import { AvroSchemaParser } from '@asyncapi/avro-schema-parser';
import { Parser } from '@asyncapi/parser';

const ERROR = 0;
const file = process.argv[2];
const parser = new Parser();
parser.registerSchemaParser(AvroSchemaParser());
const { document, diagnostics } = await parser.parse(readFileSync(file, 'utf8'));
const errors = diagnostics.filter((d) => d.severity === ERROR);
for (const { path, message } of errors) console.error(`${file}: ${path.join('.')}: ${message}`);
if (document === undefined || errors.length > 0) process.exit(1);
const messages = document.components().messages().all().length;
console.log(`${file}: AsyncAPI ${document.version()}, ${document.channels().all().length} channels, ${messages} messages`);
