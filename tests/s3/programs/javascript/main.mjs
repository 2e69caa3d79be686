// The AWS SDK for JavaScript, version 3, used like anybody does.
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import * as aws from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

const require = createRequire(import.meta.url);
const Bucket = process.env.BUCKET;
const Key = "dir/hello.txt";
const big = Buffer.alloc(17 * 1024 * 1024, "0123456789abcdefghi");
const s3 = new aws.S3Client({
  endpoint: process.env.ENDPOINT,
  region: "us-east-1",
  forcePathStyle: true,
});
let first;

function expect(actual, expected) {
  if (actual !== expected) throw new Error(`expected ${expected}, got ${actual}`);
}

async function read(name, VersionId) {
  const got = await s3.send(new aws.GetObjectCommand({ Bucket, Key: name, VersionId }));
  return Buffer.from(await got.Body.transformToByteArray());
}

const steps = {
  create: () => s3.send(new aws.CreateBucketCommand({ Bucket })),
  put: async () => {
    first = (await s3.send(new aws.PutObjectCommand({ Bucket, Key, Body: "hello\n" }))).VersionId;
    const Body = Readable.from([Buffer.from("hello "), Buffer.from("again\n")]);
    await s3.send(new aws.PutObjectCommand({ Bucket, Key, Body, ContentLength: 12 }));
  },
  get: async () => expect((await read(Key)).toString(), "hello again\n"),
  list: async () => {
    const listed = await s3.send(new aws.ListObjectsV2Command({ Bucket, Prefix: "dir/" }));
    expect(listed.Contents.map((each) => each.Key).join(), Key);
    const { Buckets } = await s3.send(new aws.ListBucketsCommand({}));
    expect(Buckets.some((each) => each.Name === Bucket), true);
  },
  copy: () =>
    s3.send(
      new aws.CopyObjectCommand({ Bucket, Key: "dir/copy.txt", CopySource: `${Bucket}/${Key}` }),
    ),
  delete: async () => {
    const Delete = { Objects: [{ Key: "dir/copy.txt" }] };
    const done = await s3.send(new aws.DeleteObjectsCommand({ Bucket, Delete }));
    expect(done.Deleted.length, 1);
    await s3.send(new aws.DeleteObjectCommand({ Bucket, Key: "dir/nothing" }));
  },
  multipart: async () => {
    const params = { Bucket, Key: "dir/big.bin", Body: Readable.from([big]) };
    const done = await new Upload({ client: s3, params, partSize: 5 * 1024 * 1024 }).done();
    expect(done.ETag.endsWith('-4"'), true);
    expect(Buffer.compare(await read("dir/big.bin"), big), 0);
  },
  version: async () => {
    const listed = await s3.send(new aws.ListObjectVersionsCommand({ Bucket, Prefix: Key }));
    expect(listed.Versions.length, 2);
    expect((await read(Key, first)).toString(), "hello\n");
  },
};

console.log("version", require("@aws-sdk/client-s3/package.json").version);
for (const [name, step] of Object.entries(steps)) {
  await step();
  console.log("step", name);
}
