// The MinIO SDK for Go, used like anybody does.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand"
	"net/url"
	"os"
	"runtime/debug"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const key = "dir/hello.txt"

var (
	bucket  = os.Getenv("BUCKET")
	hello   = []byte("hello\n")
	again   = []byte("hello again\n")
	ctx     = context.Background()
	version string
)

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func same(actual, expected []byte) {
	if !bytes.Equal(actual, expected) {
		check(fmt.Errorf("%d bytes that are not those written", len(actual)))
	}
}

func put(client *minio.Client, name string, data []byte, options minio.PutObjectOptions) minio.UploadInfo {
	info, err := client.PutObject(ctx, bucket, name, bytes.NewReader(data), int64(len(data)), options)
	check(err)
	return info
}

func read(client *minio.Client, name string, options minio.GetObjectOptions) []byte {
	object, err := client.GetObject(ctx, bucket, name, options)
	check(err)
	defer object.Close()
	data, err := io.ReadAll(object)
	check(err)
	return data
}

func count(client *minio.Client, options minio.ListObjectsOptions) int {
	found := 0
	for object := range client.ListObjects(ctx, bucket, options) {
		check(object.Err)
		found++
	}
	return found
}

func expect(actual, expected int) {
	if actual != expected {
		check(fmt.Errorf("expected %d, got %d", expected, actual))
	}
}

func copyObject(client *minio.Client) {
	_, err := client.CopyObject(ctx,
		minio.CopyDestOptions{Bucket: bucket, Object: "dir/copy.txt"},
		minio.CopySrcOptions{Bucket: bucket, Object: key})
	check(err)
}

func deleteObjects(client *minio.Client) {
	doomed := make(chan minio.ObjectInfo, 1)
	doomed <- minio.ObjectInfo{Key: "dir/copy.txt"}
	close(doomed)
	for failure := range client.RemoveObjects(ctx, bucket, doomed, minio.RemoveObjectsOptions{}) {
		check(failure.Err)
	}
	check(client.RemoveObject(ctx, bucket, "dir/nothing", minio.RemoveObjectOptions{}))
	expect(count(client, minio.ListObjectsOptions{Recursive: true}), 1)
}

func parts(client *minio.Client) {
	big := make([]byte, 17<<20)
	rand.New(rand.NewSource(1)).Read(big)
	put(client, "dir/big.bin", big, minio.PutObjectOptions{PartSize: 5 << 20})
	same(read(client, "dir/big.bin", minio.GetObjectOptions{}), big)
	options := minio.PutObjectOptions{Checksum: minio.ChecksumCRC32C}
	put(client, "dir/checked.bin", big[:100_000], options)
	same(read(client, "dir/checked.bin", minio.GetObjectOptions{Checksum: true}), big[:100_000])
}

func main() {
	build, _ := debug.ReadBuildInfo()
	for _, module := range build.Deps {
		if module.Path == "github.com/minio/minio-go/v7" {
			fmt.Println("version", module.Version)
		}
	}
	endpoint, err := url.Parse(os.Getenv("ENDPOINT"))
	check(err)
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds: credentials.NewStaticV4(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
		Secure:          endpoint.Scheme == "https",
		TrailingHeaders: true,
	})
	check(err)
	steps := []struct {
		name string
		run  func()
	}{
		{"create", func() { check(client.MakeBucket(ctx, bucket, minio.MakeBucketOptions{})) }},
		{"put", func() {
			version = put(client, key, hello, minio.PutObjectOptions{}).VersionID
			put(client, key, again, minio.PutObjectOptions{})
		}},
		{"get", func() { same(read(client, key, minio.GetObjectOptions{}), again) }},
		{"list", func() { expect(count(client, minio.ListObjectsOptions{Prefix: "dir/"}), 1) }},
		{"copy", func() { copyObject(client) }},
		{"delete", func() { deleteObjects(client) }},
		{"multipart", func() { parts(client) }},
		{"version", func() {
			expect(count(client, minio.ListObjectsOptions{Prefix: key, WithVersions: true}), 2)
			same(read(client, key, minio.GetObjectOptions{VersionID: version}), hello)
		}},
	}
	for _, step := range steps {
		step.run()
		fmt.Println("step", step.name)
	}
}
