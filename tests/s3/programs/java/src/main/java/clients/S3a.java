package clients;

import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.apache.hadoop.util.VersionInfo;

/** Hadoop S3A, which is how Spark reaches S3, configured by lines as Spark has them. */
public final class S3a {
  private static final String SPARK = "spark.hadoop.";
  private static String first;

  private S3a() {}

  public static void main(String[] arguments) throws Exception {
    System.out.println("version " + VersionInfo.getVersion());
    URI root = URI.create("s3a://" + Steps.told("BUCKET") + "/");
    try (FileSystem fs = FileSystem.newInstance(root, configuration())) {
      steps(fs, root);
    }
  }

  private static Configuration configuration() throws Exception {
    Configuration configuration = new Configuration();
    List<String> lines = Files.readAllLines(java.nio.file.Path.of(Steps.told("SPARK_CONF")));
    for (String line : lines) {
      if (line.startsWith(SPARK)) {
        String[] pair = line.substring(SPARK.length()).split("\\s+", 2);
        configuration.set(pair[0], pair[1]);
      }
    }
    configuration.set("fs.s3a.multipart.size", "5M");
    return configuration;
  }

  private static void steps(FileSystem fs, URI root) throws Exception {
    Path file = new Path(root + Steps.KEY);
    Path copy = new Path(root + "dir/copy.txt");
    Steps.run("put", () -> put(fs, file));
    Steps.run("get", () -> Steps.same(read(fs, file), Steps.AGAIN));
    Steps.run("list", () -> list(fs, root));
    Steps.run(
        "copy", () -> Steps.check(FileUtil.copy(fs, file, fs, copy, false, fs.getConf()), "copy"));
    Steps.run("delete", () -> delete(fs, root, copy));
    Steps.run("multipart", () -> parts(fs, new Path(root + Steps.BIG_KEY)));
    Steps.run("version", () -> commit(root));
  }

  private static void put(FileSystem fs, Path file) throws Exception {
    for (byte[] data : List.of(Steps.HELLO, Steps.AGAIN)) {
      try (OutputStream out = fs.create(file, true)) {
        out.write(data);
      }
      if (first == null) {
        first = ((S3AFileStatus) fs.getFileStatus(file)).getVersionId();
      }
    }
  }

  private static byte[] read(FileSystem fs, Path file) throws Exception {
    try (FSDataInputStream in = fs.open(file)) {
      return in.readAllBytes();
    }
  }

  private static void list(FileSystem fs, URI root) throws Exception {
    FileStatus[] found = fs.listStatus(new Path(root + "dir"));
    Steps.check(found.length == 1 && found[0].getLen() == Steps.AGAIN.length, "the listing");
    Steps.check(fs.getFileStatus(new Path(root + "dir")).isDirectory(), "not a directory");
    Steps.check(!fs.exists(new Path(root + "nothing")), "it is there");
  }

  /** Commit a job as Hadoop does: into a temporary directory, then by renaming. */
  private static void delete(FileSystem fs, URI root, Path copy) throws Exception {
    Steps.check(fs.delete(copy, false), "nothing was deleted");
    Path attempt = new Path(root + "out/_temporary/0");
    fs.mkdirs(attempt);
    try (OutputStream out = fs.create(new Path(attempt, "part-0"))) {
      out.write(Steps.HELLO);
    }
    Steps.check(fs.rename(new Path(attempt, "part-0"), new Path(root + "out/part-0")), "rename");
    Steps.check(fs.delete(new Path(root + "out/_temporary"), true), "temporary");
    Steps.check(fs.listStatus(new Path(root + "out")).length == 1, "what is left");
  }

  private static void parts(FileSystem fs, Path file) throws Exception {
    try (OutputStream out = fs.create(file)) {
      out.write(Steps.big());
    }
    Steps.same(read(fs, file), Steps.big());
  }

  /** Read the bucket as it was at the first commit. */
  private static void commit(URI root) throws Exception {
    URI old = URI.create("s3a://" + first + "." + root.getHost() + "/");
    try (FileSystem fs = FileSystem.newInstance(old, configuration())) {
      Steps.same(read(fs, new Path(old + Steps.KEY)), Steps.HELLO);
    }
  }
}
