package clients;

import java.net.URI;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.util.VersionInfo;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.ObjectVersion;

/** The AWS SDK for Java, version 2. */
public final class Sdk {
  private static final String BUCKET = Steps.told("BUCKET");
  private static String first;

  private Sdk() {}

  public static void main(String[] arguments) throws Exception {
    System.out.println("version " + VersionInfo.SDK_VERSION);
    StaticCredentialsProvider keys =
        StaticCredentialsProvider.create(
            AwsBasicCredentials.create(
                Steps.told("AWS_ACCESS_KEY_ID"), Steps.told("AWS_SECRET_ACCESS_KEY")));
    URI endpoint = URI.create(Steps.told("ENDPOINT"));
    try (S3Client s3 =
            S3Client.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(keys)
                .forcePathStyle(true)
                .build();
        S3AsyncClient parallel =
            S3AsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .credentialsProvider(keys)
                .forcePathStyle(true)
                .multipartEnabled(true)
                .build()) {
      steps(s3, parallel);
    }
  }

  private static void steps(S3Client s3, S3AsyncClient parallel) throws Exception {
    Steps.run("create", () -> s3.createBucket(r -> r.bucket(BUCKET)));
    Steps.run("put", () -> put(s3));
    Steps.run("get", () -> Steps.same(read(s3, null), Steps.AGAIN));
    Steps.run("list", () -> list(s3));
    Steps.run(
        "copy",
        () ->
            s3.copyObject(
                r ->
                    r.sourceBucket(BUCKET)
                        .sourceKey(Steps.KEY)
                        .destinationBucket(BUCKET)
                        .destinationKey("dir/copy.txt")));
    Steps.run("delete", () -> delete(s3));
    Steps.run("multipart", () -> parts(s3, parallel));
    Steps.run("version", () -> versions(s3));
  }

  private static void put(S3Client s3) {
    first =
        s3.putObject(r -> r.bucket(BUCKET).key(Steps.KEY), RequestBody.fromBytes(Steps.HELLO))
            .versionId();
    s3.putObject(r -> r.bucket(BUCKET).key(Steps.KEY), RequestBody.fromBytes(Steps.AGAIN));
  }

  private static byte[] read(S3Client s3, String version) {
    return s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(Steps.KEY).versionId(version))
        .asByteArray();
  }

  private static void list(S3Client s3) {
    long count =
        s3.listObjectsV2Paginator(r -> r.bucket(BUCKET).prefix("dir/").delimiter("/"))
            .contents()
            .stream()
            .filter(each -> each.key().equals(Steps.KEY))
            .count();
    Steps.check(count == 1, count + " listed");
    Steps.check(
        s3.listBuckets().buckets().stream().anyMatch(each -> each.name().equals(BUCKET)),
        "the bucket is not listed");
  }

  private static void delete(S3Client s3) {
    ObjectIdentifier doomed = ObjectIdentifier.builder().key("dir/copy.txt").build();
    Delete several = Delete.builder().objects(List.of(doomed)).build();
    Steps.check(
        s3.deleteObjects(r -> r.bucket(BUCKET).delete(several)).deleted().size() == 1,
        "nothing was deleted");
    s3.deleteObject(r -> r.bucket(BUCKET).key("dir/nothing"));
  }

  private static void parts(S3Client s3, S3AsyncClient parallel) {
    parallel
        .putObject(
            r -> r.bucket(BUCKET).key(Steps.BIG_KEY), AsyncRequestBody.fromBytes(Steps.big()))
        .join();
    String etag = s3.headObject(r -> r.bucket(BUCKET).key(Steps.BIG_KEY)).eTag();
    Steps.check(etag.contains("-"), "not in parts: " + etag);
    Steps.same(
        s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(Steps.BIG_KEY)).asByteArray(), Steps.big());
  }

  private static void versions(S3Client s3) {
    List<ObjectVersion> listed =
        s3.listObjectVersions(r -> r.bucket(BUCKET).prefix(Steps.KEY)).versions();
    Steps.check(listed.size() == 2, listed.size() + " versions");
    Steps.check(listed.get(1).versionId().equals(first), "another version");
    Steps.same(read(s3, first), Steps.HELLO);
  }
}
